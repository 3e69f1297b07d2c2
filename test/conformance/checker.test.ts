import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { CHECKS, NOT_ON_A_TRACE } from './assertions.ts'
import { checkTrace } from './checker.ts'
import { faults, leave } from './faults.ts'
import { HOST, Story, stateMessage, T } from './story.ts'
import type { CheckOptions } from './trace.ts'

const OPTIONS: CheckOptions = {
  primaryHost: HOST,
  writableDevices: ['450324/n/d'],
  reorderTimeoutMs: 2_000,
}
const LIST = new URL('../../../shared/data/sparkplug-3.0-assertions.tsv', import.meta.url)

describe('the conformance checker', () => {
  it('finds no fault in a faultless trace', () => {
    expect(checkTrace(new Story().packets, OPTIONS)).toEqual([])
  })

  it('lets a node leave for the next server when its host goes offline', () => {
    const story = new Story()
    const connect = { ...story.step<'connect'>('e.connect2'), label: 'next', server: 1 }
    const gone = leave(story).after('e.ddata+2', connect)
    expect(checkTrace(gone.packets, { ...OPTIONS, servers: 2 })).toEqual([])
  })

  it('lets a node stay when the message that its host is offline is older than the one before', () => {
    const old = { client: 'edge', kind: 'deliver', ...stateMessage(false, T - 1) } as const
    expect(checkTrace(new Story().after('e.ddata', old).packets, OPTIONS)).toEqual([])
  })

  it('lets a host that is told it is offline say at once that it is not', () => {
    const story = new Story()
    const told = { client: 'host', kind: 'deliver', ...stateMessage(false, T) } as const
    const answer = { ...story.step<'publish'>('h.birth'), label: 'answer', at: T + 95 }
    expect(checkTrace(story.after('e.ndata', told, answer).packets, OPTIONS)).toEqual([])
  })

  it('lets a message come late, and a host ask for a rebirth when it does not come at all', () => {
    const story = new Story()
    const late = { ...story.step<'publish'>('e.ndata'), kind: 'deliver', client: 'host', label: 'late' } as const
    const filled = story.edit('e.ndata', { lost: true }).after('e.ddata', late).drop('h.rebirth').until('e.ddata2')
    expect(checkTrace(filled.packets, OPTIONS)).toEqual([])
    const lost = new Story().edit('e.ndata', { lost: true }).delay('h.rebirth', 2_000)
    expect(checkTrace(lost.packets, OPTIONS)).toEqual([])
  })

  it.each(faults.map((fault) => [fault.check, fault.what, fault] as const))(
    'sees that "%s" is broken: %s',
    (check, _, fault) => {
      const found = checkTrace(fault.spoil(new Story()).packets, { ...OPTIONS, ...fault.options })
      expect([...new Set(found.map((violation) => violation.check))]).toContain(check)
      const ids = found.filter((violation) => violation.check === check).map((violation) => violation.id)
      expect(ids).toEqual(expect.arrayContaining([...CHECKS[check]!]))
    },
  )

  it('has seen each of its checks fail', () => {
    const seen = new Set(faults.map((fault) => fault.check))
    expect(Object.keys(CHECKS).filter((check) => !seen.has(check))).toEqual([])
  })

  it.skipIf(!existsSync(LIST))('knows every statement of the specification: checked, or why not', () => {
    const ids = readFileSync(LIST, 'utf8')
      .trim()
      .split('\n')
      .map((line) => line.split('\t')[0]!)
    const checked = new Set(Object.values(CHECKS).flat())
    const known = new Set([...checked, ...Object.values(NOT_ON_A_TRACE).flat()])
    expect(ids.filter((id) => !known.has(id))).toEqual([])
    expect([...known].filter((id) => !ids.includes(id) && !id.startsWith('extra-'))).toEqual([])
    expect(
      Object.values(NOT_ON_A_TRACE)
        .flat()
        .filter((id) => checked.has(id)),
    ).toEqual([])
  })
})
