import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const STYLE = readFileSync(new URL('../../../cloud/console/style/tokens.css', import.meta.url), 'utf8')

/** Relative luminance. @see WCAG 2.2, definition */
function luminance(colour: string): number {
  const channel = (index: number) => {
    const share = Number.parseInt(colour.slice(1 + 2 * index, 3 + 2 * index), 16) / 255
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
  }
  return 0.2126 * channel(0) + 0.7152 * channel(1) + 0.0722 * channel(2)
}

function contrast(a: string, b: string): number {
  const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y) as [number, number]
  return (light + 0.05) / (dark + 0.05)
}

const colours = (css: string) => new Map([...css.matchAll(/--([\w-]+):\s*(#[0-9a-f]{6})\b/gi)].map((m) => [m[1], m[2]]))
const [light, dark] = STYLE.split('@media (prefers-color-scheme: dark)').map((css) => colours(css ?? ''))
const THEMES = { light: light ?? new Map(), dark: new Map([...(light ?? []), ...(dark ?? [])]) }

/** WCAG AA: text 4.5, graphics 3. */
const TEXT = 4.5
const GRAPHICS = 3
const GROUNDS = ['panel', 'raised', 'ground']
const PAIRS: [string, string, number][] = [
  ...GROUNDS.flatMap((ground): [string, string, number][] => [
    ['text', ground, TEXT],
    ['text-muted', ground, TEXT],
  ]),
  ...['sealed', 'watch', 'suspected', 'reopened', 'over'].flatMap((state): [string, string, number][] => [
    [state, `${state}-tint`, TEXT],
    [state, 'panel', TEXT],
  ]),
  ['text', 'reopened-tint', TEXT],
  ['text-muted', 'reopened-tint', TEXT],
  ['text-muted', 'sealed-tint', TEXT],
  ['text-muted', 'over-tint', TEXT],
  ['alarm-text', 'alarm-ground', TEXT],
  ['accent-text', 'accent', TEXT],
  ['focus', 'panel', GRAPHICS],
  ['line-strong', 'panel', GRAPHICS],
  ...['trace-1', 'trace-2', 'trace-3', 'trace-4', 'trace-total', 'trace-phase-a', 'trace-phase-b', 'trace-phase-c'].map(
    (line): [string, string, number] => [line, 'panel', GRAPHICS],
  ),
]

test.each(Object.keys(THEMES) as (keyof typeof THEMES)[])(
  'every pair of colours can be read in the %s theme',
  (name) => {
    const theme = THEMES[name]
    const poor = PAIRS.map(([front, back, needed]) => {
      const [a, b] = [theme.get(front), theme.get(back)]
      if (!a || !b) return `${front} or ${back} is no colour`
      const found = contrast(a, b)
      return found >= needed ? null : `${front} on ${back}: ${found.toFixed(2)} < ${needed}`
    })
    expect(poor.filter(Boolean)).toEqual([])
  },
)

test('the measure itself agrees with the definition', () => {
  expect(contrast('#000000', '#ffffff')).toBeCloseTo(21)
  expect(contrast('#777777', '#ffffff')).toBeCloseTo(4.48, 2)
})
