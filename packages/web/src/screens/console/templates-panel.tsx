import { Button, Popconfirm, Table } from 'antd';
import { useState } from 'react';
import { useFetched } from '../../hooks/use-fetched.ts';
import { useProblemText } from '../../hooks/use-problem-text.ts';
import { useText } from '../../i18n/use-text.ts';
import { noticeApi, type Templates } from '../../link/notice-api.ts';
import { useToasts } from '../../store/toasts.ts';
import { Empty } from '../../ui/empty.tsx';
import { PlusIcon } from '../../ui/icons.tsx';
import { FetchedView } from '../fetched-view.tsx';
import { LANGUAGE_NAMES, WORD_LANGUAGES } from '../notices/notice-words.ts';
import './console.css';
import { TemplateEditor } from './template-editor.tsx';
import { gapsOf } from './template-words.ts';

/** An empty name is a template that is being made. */
type Open = { readonly name: string } | undefined;

/** The words that notices are made of again and again, in Chinese and English. */
export function TemplatesPanel() {
  const { t } = useText();
  const { state, reload } = useFetched(noticeApi.templates);
  const [open, setOpen] = useState<Open>();
  return (
    <FetchedView state={state} reload={reload}>
      {(templates) =>
        open ? (
          <TemplateEditor
            key={open.name}
            name={open.name}
            templates={templates}
            close={() => setOpen(undefined)}
            saved={reload}
          />
        ) : (
          <>
            <div className="admin-form">
              <Button type="primary" icon={<PlusIcon />} onClick={() => setOpen({ name: '' })}>
                {t('templates.add')}
              </Button>
            </div>
            <TemplateTable templates={templates} open={(name) => setOpen({ name })} changed={reload} />
          </>
        )
      }
    </FetchedView>
  );
}

type Line = { readonly name: string; readonly languages: string; readonly gaps: string; readonly title: string };

function TemplateTable(props: {
  readonly templates: Templates;
  readonly open: (name: string) => void;
  readonly changed: () => void;
}) {
  const { t } = useText();
  const { tell } = useToasts();
  const problemText = useProblemText();
  const remove = async (name: string): Promise<void> => {
    const outcome = await noticeApi.removeTemplate(name);
    if (outcome.kind !== 'done') tell(problemText(outcome), true);
    props.changed();
  };
  const lines = Object.entries(props.templates).map(
    ([name, template]): Line => ({
      name,
      languages: WORD_LANGUAGES.filter((language) => template[language])
        .map((language) => LANGUAGE_NAMES[language])
        .join(' · '),
      gaps: gapsOf(template).join(' · '),
      title: template.zh?.title ?? template.en?.title ?? template.zh?.content ?? template.en?.content ?? '',
    }),
  );
  return (
    <Table<Line>
      rowKey="name"
      dataSource={lines.toSorted((one, other) => one.name.localeCompare(other.name))}
      pagination={false}
      scroll={{ x: 'max-content' }}
      locale={{ emptyText: <Empty title={t('templates.none')} text={t('templates.noneText')} /> }}
      columns={[
        {
          title: t('templates.name'),
          render: (_, { name }) => (
            <button type="button" className="console-link" onClick={() => props.open(name)}>
              {name}
            </button>
          ),
        },
        { title: t('console.title'), render: (_, { title }) => <span className="console-clip">{title}</span> },
        { title: t('templates.languages'), dataIndex: 'languages' },
        { title: t('templates.gaps'), render: (_, { gaps }) => gaps || '–' },
        {
          title: '',
          render: (_, { name }) => (
            <Popconfirm title={t('templates.removeAsk', { name })} onConfirm={() => void remove(name)}>
              <Button danger type="text" aria-label={t('templates.remove', { name })}>
                {t('common.remove')}
              </Button>
            </Popconfirm>
          ),
        },
      ]}
    />
  );
}
