import type { Outcome } from '@hiscrm/client/outcome.ts';
import type { CommandName, CommandParams, CommandResult } from '@hiscrm/shared/protocol/commands.ts';
import { errorText } from '@hiscrm/shared/protocol/errors.ts';
import { useCallback } from 'react';
import { useText } from '../i18n/use-text.ts';
import { useToasts } from '../store/toasts.ts';
import { useClient } from './client-context.tsx';

export type Run = <N extends CommandName>(
  name: N,
  params: CommandParams<N>,
  done?: string,
) => Promise<Outcome<CommandResult<N>>>;

/** Runs a command and says when it was refused; `done` is said when it was not. */
export function useRun(): Run {
  const client = useClient();
  const { t, locale } = useText();
  const { tell } = useToasts();
  return useCallback(
    async (name, params, done) => {
      const outcome = await client.run(name, params);
      if (outcome.kind === 'refused') {
        const { code, details } = outcome.error;
        tell(errorText(code, details ?? {}, locale === 'en' ? 'en' : 'zh'), true);
      } else if (outcome.kind === 'gone') {
        if (outcome.why === 'full') tell(t('error.tooManyCommands'), true);
      } else if (done !== undefined) tell(done, false);
      return outcome;
    },
    [client, t, locale, tell],
  );
}
