import type { ContentFacts } from '@hiscrm/shared/model/facts.ts';
import type { Op } from '../../lib/op.ts';
import { PAGES } from './contract.ts';
import type { Desk } from './desk.ts';
import { type WalkEnd, walkList } from './list-walk.ts';
import { parseWorks } from './parse/parse-works.ts';

/** Walks the works list. The answers reach the sink by themselves; what they said comes back for the next step. */
export async function readWorks(op: Op, desk: Desk): Promise<{ works: ContentFacts[]; end: WalkEnd }> {
  const startedAt = desk.env.clock.now();
  const page = await desk.tab(op, 'crawl');
  const listening = desk.bus.listen(page, 'works');
  try {
    await desk.visit(op, page, desk.creator(PAGES.works));
    const { rows, end } = await walkList(op, desk, {
      page,
      listening,
      parse: ({ verdict }) => parseWorks('body' in verdict ? verdict.body : undefined, desk.parseContext),
      idOf: (row) => row.facts.id,
    });
    const works = rows.map((row) => row.facts);
    if (end === 'complete') desk.env.sink.walkedWorks({ seenIds: new Set(works.map(({ id }) => id)), startedAt });
    return { works, end };
  } finally {
    listening.stop();
  }
}
