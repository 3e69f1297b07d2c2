import { parseConfig } from '@minewarden/edge/config.ts'
import { HARDWARE_ERRORS } from '@minewarden/hardware/errors.ts'
import { describe, expect, it } from 'vitest'
import {
  examplesOf,
  expectTaken,
  firstColumn,
  quoted,
  readText,
  sectionOf,
  textsOf,
  unsaid,
} from '../support/doc-page.ts'

const page = readText('docs/technician.md')
const section = (heading: string) => sectionOf(page, heading)

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
    const examples = examplesOf(page)
    expect(examples.length).toBeGreaterThanOrEqual(2)
    for (const example of examples) expectTaken(example)
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
    const quotes = quoted(firstColumn(section('Faults and remedies'), 'the reason holds'))
    expect(quotes.length).toBeGreaterThan(20)
    expect(unsaid(quotes)).toEqual([])
  })
})

describe('the drawings of the wiring', () => {
  it('connect the pins that the firmware uses', () => {
    const firmware = readText('hardware/firmware/pins.h')
    const pins = [...new Set([...firmware.matchAll(/\((D\d+)\)/g), ...firmware.matchAll(/\bPD([25])\b/g)])]
      .map(([, pin]) => (/^D/.test(pin!) ? pin! : `D${pin}`))
      // The serial line is the board's USB.
      .filter((pin) => pin !== 'D0' && pin !== 'D1')
    const drawn = textsOf('wiring-digitiser.svg').filter((text) => /^D\d+$/.test(text))
    expect(drawn.sort()).toEqual([...new Set(pins)].sort())
  })

  it('connect the pins that the example configures', () => {
    const whole = /```json\n([\s\S]*?)```/.exec(section('Configure'))?.[1] ?? ''
    const board = parseConfig(JSON.parse(whole)).drivers.find(({ kind }) => kind === 'board')
    const configured = [...JSON.stringify(board).matchAll(/"pin":(\d+)|"(A[0-5])"/g)].map(([, d, a]) => a ?? `D${d}`)
    const drawn = textsOf('wiring-cabinet.svg').filter((text) => /^[AD]\d+$/.test(text))
    expect(drawn.sort()).toEqual(configured.sort())
  })
})
