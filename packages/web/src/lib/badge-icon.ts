const SIZE_PX = 64;

/** The favicon with a red dot and a number, as a data URL; undefined where a canvas cannot be drawn. */
export function badgeIcon(count: number): string | undefined {
  const canvas = document.createElement('canvas');
  canvas.width = SIZE_PX;
  canvas.height = SIZE_PX;
  const context = canvas.getContext('2d');
  if (!context) return undefined;
  context.fillStyle = '#0f5c56';
  context.beginPath();
  context.roundRect(0, 0, SIZE_PX, SIZE_PX, 16);
  context.fill();
  context.fillStyle = '#fff';
  context.beginPath();
  context.roundRect(14, 18, 36, 24, 6);
  context.fill();
  if (count > 0) {
    context.fillStyle = '#d42a1f';
    context.beginPath();
    context.arc(44, 44, 20, 0, 2 * Math.PI);
    context.fill();
    context.fillStyle = '#fff';
    context.font = 'bold 26px system-ui, sans-serif';
    context.textAlign = 'center';
    context.textBaseline = 'middle';
    // Two figures fit; the title has the exact number.
    context.fillText(count > 99 ? '∞' : String(count), 44, 46);
  }
  return canvas.toDataURL('image/png');
}
