import { causeText } from '@minewarden/cloud/console/text/cause.ts'
import { CAUSE_TEXTS } from '@minewarden/cloud/console/text/cause-texts.ts'
import { HARDWARE_ERRORS } from '@minewarden/hardware/errors.ts'
import { describe, expect, it } from 'vitest'
import {
  examplesOf,
  expectTaken,
  firstColumn,
  quoted,
  readText,
  saidByGateway,
  sectionOf,
  textsOf,
  unsaid,
} from '../support/doc-page.ts'

const meters = readText('docs/technician-meters.md')
const probes = readText('docs/technician-probes.md')
const codes = (prefix: string) => Object.keys(HARDWARE_ERRORS).filter((code) => code.startsWith(prefix))

describe.each([
  ['meters', meters, 3],
  ['probes', probes, 2],
] as const)('the page for technicians on %s', (_what, page, examples) => {
  it('shows only JSON that the gateway takes', () => {
    expect(examplesOf(page)).toHaveLength(examples)
    for (const example of examplesOf(page)) expectTaken(example)
  })

  it('quotes only words that the gateway says', () => {
    const heads = ['the reason holds', 'doctor or the log says']
    const quotes = heads.flatMap((head) => quoted(firstColumn(page, head)))
    expect(quotes.length).toBeGreaterThan(7)
    expect(unsaid(quotes)).toEqual([])
  })

  it('shows what doctor prints, with its hints', () => {
    const blocks = page.split(/^```/m).filter((block, i) => i % 2 === 1 && block.startsWith('\n'))
    const printed = blocks.flatMap((block) => block.split('\n'))
    const failures = printed.filter((line) => line.startsWith('FAIL'))
    expect(failures.length).toBeGreaterThan(4)
    const templates = sentences()
    const reasons = failures.map((line) => line.replace(/^FAIL {2}sensor [\w-]+: (?:[\w-]+: (?=[a-z]+-))?/, ''))
    const strange = reasons.filter((reason) => !templates.some((template) => template.test(reason)))
    expect(strange).toEqual([])
    const hints = printed.filter((line) => line.startsWith('      ')).map((line) => line.trim())
    expect(hints.length).toBeGreaterThan(0)
    expect(unsaid(hints)).toEqual([])
  })

  it('says of each picture what it shows', () => {
    const pictures = [...page.matchAll(/!\[([^\]]*)\]\(images\/([^)]+)\)/g)]
    expect(pictures.length).toBeGreaterThan(0)
    for (const [, alt, image] of pictures) {
      expect(alt!.length, image).toBeGreaterThan(15)
      expect(readText(`docs/images/${image}`), image).toMatch(/<title>[^<]{15,}<\/title>/)
    }
  })
})

/** What the code puts together as a sentence of some length, each as what it may become. */
function sentences(): RegExp[] {
  const literals = [...saidByGateway().matchAll(/[`']((?:[^`'\\\n]|\\.){12,})[`']/g)].map(([, text]) => text!)
  const long = literals.filter((text) => /\w+ \w+/.test(text) && text.replaceAll('…', '').length >= 12)
  // The system's own words of a connection that fails, and sentences of few words.
  const short = [/: connect ECONNREFUSED /, /^nothing of \S+ in 15 s$/, /^camera-busy: \S+: HTTP 503$/]
  return [...short, ...long.map((text) => new RegExp(escaped(text).replaceAll('…', '.*')))]
}
const escaped = (text: string) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')

describe('the page for technicians on meters', () => {
  it('has a cause and a remedy for every fault of a meter', () => {
    const listed = quoted(firstColumn(sectionOf(meters, 'Faults and remedies'), 'code'))
    expect(listed.filter((code) => code.startsWith('meter-')).sort()).toEqual(codes('meter-').sort())
  })

  it('draws the meters that it configures', () => {
    const [whole] = examplesOf(meters)
    const addresses = [...JSON.stringify(whole).matchAll(/"address":"(\d{12})"/g)].map(([, address]) => address)
    expect(addresses).toHaveLength(2)
    expect(textsOf('wiring-rs485.svg')).toEqual(expect.arrayContaining(addresses))
    const terminals = textsOf('wiring-cts.svg').filter((text) => /^\d+$/.test(text))
    expect(terminals.map(Number).sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
  })
})

describe('the page for technicians on probes', () => {
  const tables = ['GB/T 28181', 'ONVIF and RTSP', 'pictures'].flatMap((head) => quoted(firstColumn(probes, head)))
  const causes = tables.filter((word) => !word.startsWith('camera-'))

  it('has a remedy for every cause that the county’s page can show', () => {
    const known = Object.keys(CAUSE_TEXTS)
    const named = known.flatMap((key) => (key.startsWith('cause.') ? [key.slice('cause.'.length)] : []))
    const faults = known.flatMap((key) => (key.startsWith('wayFault.') ? [key.slice('wayFault.'.length)] : []))
    // What a picture lacks is `no-picture`, and a question is refused by one of the two ways.
    const bare = faults.filter((fault) => fault !== 'question-refused')
    const ways = faults.flatMap((fault) => [`onvif-${fault}`, `rtsp-${fault}`])
    expect([...causes, 'flapping'].sort()).toEqual([...named, ...bare, ...ways].sort())
    expect(probes).toContain('`flapping`')
  })

  it('names no cause that the county’s page does not know', () => {
    expect(causes.filter((cause) => causeText('en', cause) === cause)).toEqual([])
  })

  it('has a remedy for every fault of a camera', () => {
    expect(tables.filter((word) => word.startsWith('camera-')).sort()).toEqual(codes('camera-').sort())
  })

  it('draws the network that it configures', () => {
    const drawn = textsOf('camera-network.svg')
    const [gb28181, onvif] = examplesOf(probes) as [{ platform: string }, { cameras: readonly object[] }]
    expect(drawn).toContain(gb28181.platform)
    const hosts = drawn.filter((text) => /^192\./.test(text))
    for (const host of ['192.168.1.22', '192.168.1.23']) {
      expect(hosts).toContain(host)
      expect(JSON.stringify(onvif.cameras)).toContain(host)
    }
  })
})
