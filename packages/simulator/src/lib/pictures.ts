import { hash32, Random } from './random.ts';

function escapeXml(text: string): string {
  return text.replace(/[<>&"']/g, (char) => `&#${char.charCodeAt(0)};`);
}

function gradient(key: string): { from: string; to: string; angle: number } {
  const hue = hash32(key) % 360;
  return { from: `hsl(${hue} 62% 58%)`, to: `hsl(${(hue + 48) % 360} 58% 42%)`, angle: hash32(`${key}a`) % 90 };
}

function svg(width: number, height: number, key: string, inner: string): string {
  const { from, to, angle } = gradient(key);
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">` +
    `<defs><linearGradient id="g" gradientTransform="rotate(${angle})"><stop offset="0" stop-color="${from}"/><stop offset="1" stop-color="${to}"/></linearGradient></defs>` +
    `<rect width="${width}" height="${height}" fill="url(#g)"/>${inner}</svg>`
  );
}

const FONT = 'font-family="Noto Sans CJK SC, PingFang SC, Microsoft YaHei, sans-serif"';

/** A square with a coloured gradient and one character. */
export function avatarSvg(key: string, label: string): string {
  const text = `<text x="60" y="62" font-size="56" ${FONT} fill="#fff" text-anchor="middle" dominant-baseline="central">${escapeXml(label)}</text>`;
  return svg(120, 120, key, text);
}

/** A portrait cover: gradient, soft shapes, a title. */
export function coverSvg(key: string, title: string): string {
  const random = new Random(key);
  const circles = Array.from({ length: 4 }, () => {
    const [x, y, r] = [random.int(0, 360), random.int(0, 480), random.int(40, 150)];
    return `<circle cx="${x}" cy="${y}" r="${r}" fill="#fff" opacity="0.12"/>`;
  }).join('');
  const text = `<text x="24" y="440" font-size="30" ${FONT} fill="#fff">${escapeXml(title)}</text>`;
  return svg(360, 480, key, `${circles}${text}`);
}

const QR_MODULES = 29;
const QR_MODULE_PX = 7;

/** Whether a module of the picture belongs to one of the three corner marks, and is dark there. */
function finderModule(x: number, y: number): boolean | undefined {
  for (const [left, top] of [
    [0, 0],
    [QR_MODULES - 7, 0],
    [0, QR_MODULES - 7],
  ] as const) {
    const [dx, dy] = [x - left, y - top];
    if (dx < -1 || dx > 7 || dy < -1 || dy > 7) continue;
    const ring = Math.max(Math.abs(dx - 3), Math.abs(dy - 3));
    return ring === 3 || ring <= 1;
  }
  return undefined;
}

/** A picture that looks like a QR code and differs for every token; it encodes nothing. */
export function qrSvg(token: string): string {
  const random = new Random(token);
  let path = '';
  for (let y = 0; y < QR_MODULES; y += 1) {
    for (let x = 0; x < QR_MODULES; x += 1) {
      const isDark = finderModule(x, y) ?? random.chance(0.48);
      if (isDark) path += `M${x} ${y}h1v1h-1z`;
    }
  }
  const size = (QR_MODULES + 4) * QR_MODULE_PX;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${size}" height="${size}" viewBox="-2 -2 ${QR_MODULES + 4} ${QR_MODULES + 4}"><rect x="-2" y="-2" width="100%" height="100%" fill="#fff"/><path d="${path}"/></svg>`;
}
