import { Births } from '@minewarden/edge/core/births.ts'
import { DeviceCommands } from '@minewarden/edge/device-commands.ts'
import type { Actuation } from '@minewarden/hardware/contract.ts'
import { OUTPUT_COMMANDS } from '@minewarden/protocol/device-command.ts'
import { SensorId } from '@minewarden/protocol/ids.ts'
import { assignAliases, birthMetric, declareSensor, WRITABLE_PROPERTY } from '@minewarden/protocol/sparkplug/birth.ts'
import { describe, expect, it, vi } from 'vitest'

const cabinet = SensorId.parse('cabinet')
const logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => logger } as never

function desk(answer: 'done' | 'refused' = 'done') {
  const done: Actuation[] = []
  const refused: string[] = []
  const commands = new DeviceCommands({
    drivers: [
      {
        sensor: cabinet,
        outputs: ['siren', 'relay'],
        async actuate(actuation) {
          done.push(actuation)
          return answer === 'done' ? { kind: 'done' } : { kind: 'refused', reason: 'the board does not answer' }
        },
      },
    ],
    logger,
    badInput: (reason) => refused.push(reason),
    signal: new AbortController().signal,
  })
  return { commands, done, refused }
}

describe('A DCMD of a cabinet', () => {
  it('sounds the siren for so many seconds, and ends it with 0', () => {
    const { commands, done, refused } = desk()
    commands.received('cabinet', OUTPUT_COMMANDS.siren, 30)
    commands.received('cabinet', OUTPUT_COMMANDS.siren, 0)
    expect(done).toEqual([
      { output: 'siren', on: true, forMs: 30_000 },
      { output: 'siren', on: false, forMs: 0 },
    ])
    expect(refused).toEqual([])
  })

  it.each([
    ['a negative time', 'cabinet', OUTPUT_COMMANDS.siren, -1],
    ['a time beyond the ceiling', 'cabinet', OUTPUT_COMMANDS.siren, 3_601],
    ['no number', 'cabinet', OUTPUT_COMMANDS.siren, 'on'],
    ['not a number', 'cabinet', OUTPUT_COMMANDS.siren, Number.NaN],
    ['nothing', 'cabinet', OUTPUT_COMMANDS.siren, null],
    ['an output that is not wired', 'cabinet', OUTPUT_COMMANDS.strobe, 5],
    ['the relay, which no message may switch', 'cabinet', 'Enclosure/Command/RelayForS', 5],
    ['a reading', 'cabinet', 'Enclosure/SirenOn', true],
    ['another sensor', 'geo-1', OUTPUT_COMMANDS.siren, 5],
  ])('is refused and counted when it asks for %s', (_what, device, name, value) => {
    const { commands, done, refused } = desk()
    commands.received(device, name, value)
    expect(done).toEqual([])
    expect(refused).toHaveLength(1)
  })

  it('is counted when the board refuses it', async () => {
    const { commands, refused } = desk('refused')
    commands.received('cabinet', OUTPUT_COMMANDS.siren, 5)
    await vi.waitFor(() => expect(refused).toEqual([expect.stringContaining('the board does not answer')]))
  })

  it('does not pile up before a board that does not answer, and may end a siren all the same', () => {
    const refused: string[] = []
    const ended: Actuation[] = []
    const actuate = (actuation: Actuation) => {
      if (!actuation.on) ended.push(actuation)
      return new Promise<never>(() => undefined)
    }
    const commands = new DeviceCommands({
      drivers: [{ sensor: cabinet, outputs: ['siren'], actuate }],
      logger,
      badInput: (reason) => refused.push(reason),
      signal: new AbortController().signal,
    })
    for (let i = 0; i < 10; i++) commands.received('cabinet', OUTPUT_COMMANDS.siren, 5)
    expect(refused).toHaveLength(2)
    for (let i = 0; i < 100; i++) commands.received('cabinet', OUTPUT_COMMANDS.siren, 0)
    expect(ended).toHaveLength(56)
    expect(refused).toHaveLength(2 + 44)
  })
})

describe('The birth of a cabinet', () => {
  it('declares a writable command in seconds for each output that is wired, and none for a relay', () => {
    const { declared } = assignAliases(declareSensor('enclosure', [], ['siren']), 1)
    const commands = declared.filter(({ name }) => name.startsWith('Enclosure/Command/'))
    expect(commands.map(({ name, unit, writable }) => ({ name, unit, writable }))).toEqual([
      { name: OUTPUT_COMMANDS.siren, unit: 's', writable: true },
    ])
    expect(birthMetric(commands[0]!, null, 0).properties?.[WRITABLE_PROPERTY]?.value).toBe(true)
  })

  it('lets the host command by alias', () => {
    const births = new Births([{ id: cabinet, kind: 'enclosure', channels: [], commands: ['siren', 'strobe'] }])
    const aliases = Array.from({ length: 100 }, (_, alias) => births.nameOf('cabinet', alias))
    expect(aliases).toContain(OUTPUT_COMMANDS.siren)
    expect(aliases).toContain(OUTPUT_COMMANDS.strobe)
    expect(births.nameOf('nobody', 1)).toBeUndefined()
  })
})
