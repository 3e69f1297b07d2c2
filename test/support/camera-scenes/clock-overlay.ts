import { VIEW_HEIGHT, VIEW_WIDTH } from './view.ts'

/** Digits of three by five points. */
const GLYPHS: Record<string, string> = {
  '0': '111101101101111',
  '1': '010110010010111',
  '2': '111001111100111',
  '3': '111001111001111',
  '4': '101101111001001',
  '5': '111100111001111',
  '6': '111100111101111',
  '7': '111001010010010',
  '8': '111101111101111',
  '9': '111101111001111',
  '-': '000000111000000',
  ':': '000010000010000',
}
const SCALE = 2

/** Date and time at the top left and a name at the bottom right, white on a black edge, as cameras burn them in. */
export function drawClock(rgb: Uint8Array, at: number): void {
  const text = new Date(at).toISOString().slice(0, 19).replace('T', ' ')
  drawText(rgb, text, 8, 8)
  drawText(rgb, '01-16', VIEW_WIDTH - 54, VIEW_HEIGHT - 18)
}

function drawText(rgb: Uint8Array, text: string, left: number, top: number): void {
  for (const offset of [1, 0])
    [...text].forEach((character, place) => {
      ;[...(GLYPHS[character] ?? '')].forEach((bit, i) => {
        if (bit === '1')
          dot(
            rgb,
            left + offset + (place * 4 + (i % 3)) * SCALE,
            top + offset + Math.floor(i / 3) * SCALE,
            offset ? 10 : 245,
          )
      })
    })
}

function dot(rgb: Uint8Array, left: number, top: number, level: number): void {
  for (let y = top; y < top + SCALE; y++)
    for (let x = left; x < left + SCALE; x++) rgb.fill(level, (y * VIEW_WIDTH + x) * 3, (y * VIEW_WIDTH + x) * 3 + 3)
}
