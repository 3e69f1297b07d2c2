import { globSync, readFileSync } from 'node:fs'
import { parseConfig } from '@minewarden/edge/config.ts'
import { HARDWARE_ERRORS } from '@minewarden/hardware/errors.ts'
import { DriverConfig } from '@minewarden/hardware/registry.ts'
import { describe, expect, it } from 'vitest'

const ROOT = new URL('../../', import.meta.url)
const read = (path: string) => readFileSync(new URL(path, ROOT), 'utf8')
const page = read('docs/technician.md')
const section = (heading: string) => page.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? ''

/** The first column of a table, by the words that head it. */
function firstColumn(text: string, head: string): string[] {
  const table = text.split(/\n\n+/).find((paragraph) => paragraph.startsWith(`| ${head} |`)) ?? ''
  return table
    .split('\n')
    .slice(2)
    .map((row) => row.split('|')[1] ?? '')
}
const quoted = (cells: readonly string[]) => cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map((m) => m[1]!))

describe('the page for technicians', () => {
  it('goes in the order of the work', () => {
    const headings = [...page.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading)
    expect(headings.slice(0, 10)).toEqual([
      'What is in the box',
      'What to buy',
      'Wiring',
      'Mounting, coupling, siting',
      'Install',
      'Flash the boards',
      'Configure',
      'Set the clock',
      'Check before you leave',
      'Faults and remedies',
    ])
  })

  it('shows only JSON that the gateway takes', () => {
    const examples = [...page.matchAll(/```json\n([\s\S]*?)```/g)].map(([, json]) => JSON.parse(json!) as object)
    expect(examples.length).toBeGreaterThanOrEqual(2)
    for (const example of examples) {
      if ('gateway' in example) expect(() => parseConfig(example)).not.toThrow()
      else expect(DriverConfig.safeParse(example).error?.issues ?? [], JSON.stringify(example)).toEqual([])
    }
  })

  it('configures each kind of device that it wires', () => {
    const whole = /```json\n([\s\S]*?)```/.exec(section('Configure'))?.[1] ?? ''
    const { drivers } = parseConfig(JSON.parse(whole))
    expect(drivers.map(({ kind }) => kind)).toEqual(['digitiser', 'board', 'seedlink'])
  })

  it('has a cause and a remedy for every fault of a line and of a device', () => {
    const codes = Object.keys(HARDWARE_ERRORS).filter((code) => /^(line|device)-/.test(code))
    expect(quoted(firstColumn(section('Faults and remedies'), 'code')).sort()).toEqual(codes.sort())
  })

  it('quotes only words that the gateway says', () => {
    const files = globSync(['hardware/**/*.ts', 'edge/**/*.ts'], { cwd: ROOT, exclude: ['**/node_modules/**'] })
    // Templates and quotes that break a sentence in the code do not break it for the reader.
    const code = files
      .map(read)
      .join('\n')
      .replaceAll(/\$\{[^}]*\}/g, '…')
    const quotes = quoted(firstColumn(section('Faults and remedies'), 'the reason holds'))
    expect(quotes.length).toBeGreaterThan(20)
    const parts = quotes.flatMap((quote) => quote.split('…')).map((part) => part.replace(/^[\s"]+|[\s"]+$/g, ''))
    expect(parts.filter((part) => part.length > 1 && !code.includes(part))).toEqual([])
  })
})

describe('the drawings of the wiring', () => {
  /** Every text of a drawing, as it is read. */
  const texts = (name: string) =>
    [...read(`docs/images/${name}`).matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) => text!)

  it('connect the pins that the firmware uses', () => {
    const firmware = read('hardware/firmware/pins.h')
    const pins = [...new Set([...firmware.matchAll(/\((D\d+)\)/g), ...firmware.matchAll(/\bPD([25])\b/g)])]
      .map(([, pin]) => (/^D/.test(pin!) ? pin! : `D${pin}`))
      // The serial line is the board's USB.
      .filter((pin) => pin !== 'D0' && pin !== 'D1')
    const drawn = texts('wiring-digitiser.svg').filter((text) => /^D\d+$/.test(text))
    expect(drawn.sort()).toEqual([...new Set(pins)].sort())
  })

  it('connect the pins that the example configures', () => {
    const whole = /```json\n([\s\S]*?)```/.exec(section('Configure'))?.[1] ?? ''
    const board = parseConfig(JSON.parse(whole)).drivers.find(({ kind }) => kind === 'board')
    const configured = [...JSON.stringify(board).matchAll(/"pin":(\d+)|"(A[0-5])"/g)].map(([, d, a]) => a ?? `D${d}`)
    const drawn = texts('wiring-cabinet.svg').filter((text) => /^[AD]\d+$/.test(text))
    expect(drawn.sort()).toEqual(configured.sort())
  })
})
