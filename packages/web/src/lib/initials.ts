/** One or two letters that stand for a name: the last two of a Chinese name, the first letters of two words otherwise. */
export function initialsOf(name: string): string {
  const letters = [...name.trim()];
  if (letters.length === 0) return '?';
  if (/\p{Script=Han}/u.test(name))
    return (
      letters
        .filter((letter) => /\p{L}|\p{N}/u.test(letter))
        .slice(-2)
        .join('') || '?'
    );
  const [first, second] = name.trim().split(/\s+/);
  const found = second ? [[...(first ?? '')][0], [...second][0]] : letters.slice(0, 1);
  return found.join('').toUpperCase();
}

/** A steady hue for an id, so that a person keeps a colour everywhere. Degrees. */
export function hueOf(id: string): number {
  let hash = 7;
  for (let at = 0; at < id.length; at++) hash = (hash * 31 + id.charCodeAt(at)) % 3_600_011;
  return hash % 360;
}
