import { RecordMarks } from './record-marks.ts';
import { areFew, eachOfUsers, type Scope, userBitsOf } from './record-scope.ts';

type Visit = (recordNo: number) => boolean;

/** Whether a record is in the scope and in a wanted state, asked of each one. */
export function isMatchOf(scope: Scope): (recordNo: number) => boolean {
  const { records, from, end, wanted } = scope;
  const isOfUser = userBitsOf(scope);
  return (recordNo) =>
    recordNo >= from &&
    recordNo < end &&
    wanted[records.flags(recordNo)] === 1 &&
    (!isOfUser || isOfUser[records.userNo(recordNo)] === 1);
}

/** All that match, found in the order in which they lie in memory: for those who ask for records from all over the place. */
export function markMatches(scope: Scope): RecordMarks {
  const { from, end, wanted } = scope;
  const marks = new RecordMarks(from, end);
  if (areFew(scope, end - from)) {
    eachOfUsers(scope, (recordNo, _userNo, flags) => {
      if (wanted[flags] === 1) marks.mark(recordNo);
      return true;
    });
  } else {
    passThrough(scope, { isDescending: false, skipCount: 0 }, (recordNo) => {
      marks.mark(recordNo);
      return true;
    });
  }
  return marks;
}

type Walk = {
  readonly isDescending: boolean;
  /** Matches that are passed over. */
  readonly skipCount: number;
};

/**
 * Shows what matches by ascending or descending number, until `visit` says false. `passedCount` is how many records of the
 * scope are likely to be passed until then.
 */
export function eachMatch(scope: Scope, walk: Walk & { readonly passedCount: number }, visit: Visit): void {
  if (!areFew(scope, walk.passedCount)) {
    passThrough(scope, walk, visit);
    return;
  }
  let left = walk.skipCount;
  const visitRest: Visit = (recordNo) => left-- > 0 || visit(recordNo);
  if (scope.mailboxes?.length === 1) alongUser(scope, walk.isDescending, visitRest);
  else markMatches(scope).each(walk.isDescending, visitRest);
}

/** Looks at every record of the range. */
function passThrough(scope: Scope, { isDescending, skipCount }: Walk, visit: Visit): void {
  const { records, from, end, wanted } = scope;
  const isOfUser = userBitsOf(scope);
  let left = skipCount;
  const look = (recordNo: number, userNo: number, flags: number): boolean =>
    wanted[flags] !== 1 || (isOfUser && isOfUser[userNo] !== 1) || left-- > 0 || visit(recordNo);
  if (isDescending) records.eachBackwards(from, end, look, wanted);
  else records.each(from, end, look, wanted);
}

/** The records of one user are in order already. */
function alongUser(scope: Scope, isDescending: boolean, visit: Visit): void {
  const { wanted } = scope;
  const oldestLast: number[] = [];
  eachOfUsers(scope, (recordNo, _userNo, flags) => {
    if (wanted[flags] !== 1) return true;
    if (isDescending) return visit(recordNo);
    oldestLast.push(recordNo);
    return true;
  });
  for (const recordNo of oldestLast.reverse()) if (!visit(recordNo)) return;
}
