import type { Connection, ConnectionEvents, Publication } from '@minewarden/edge/core/ports.ts'
import { HOST_PATIENCE_MS, SessionRunner, STABLE_MS } from '@minewarden/edge/session-runner.ts'
import { encodePayload } from '@minewarden/protocol/sparkplug/encode.ts'
import { DataType } from '@minewarden/protocol/sparkplug/payload.ts'
import { encodeState } from '@minewarden/protocol/sparkplug/state.ts'
import { instant } from '@minewarden/protocol/time.ts'
import { beforeEach, describe, expect, it } from 'vitest'
import { ManualClock, silentLogger } from './support/manual-clock.ts'

const STATE = 'spBv1.0/STATE/county'

/** Servers that accept everything; what they were sent, and the way to speak for them. */
class Servers {
  readonly opened: number[] = []
  readonly published: string[] = []
  events!: ConnectionEvents

  readonly servers = 2
  open(server: number, _will: Publication | null, events: ConnectionEvents): Connection {
    this.opened.push(server)
    this.events = events
    queueMicrotask(() => {
      events.connectSent()
      events.connected()
    })
    return {
      bufferedBytes: 0,
      subscribe: async () => {},
      publish: async ({ topic }) => void this.published.push(topic.split('/')[2] ?? ''),
      close: async () => {},
    }
  }

  hostSays(online: boolean): void {
    this.events.message(STATE, encodeState({ online, timestamp: 1 }))
  }
}

let clock: ManualClock
let servers: Servers
let remember: (bdSeq: number) => void
let runner: SessionRunner
let commanded: unknown[]

beforeEach(() => {
  clock = new ManualClock(instant(1_700_000_000_000))
  servers = new Servers()
  remember = () => {}
  commanded = []
  const nothing = () => new Uint8Array(1)
  runner = new SessionRunner(
    {
      clock,
      logger: silentLogger,
      uplink: servers,
      random: () => 0.5,
      payloads: {
        nodeBirth: nothing,
        deviceBirth: nothing,
        deviceDeath: nothing,
        nodeDeath: nothing,
        commandName: (device, alias) => (device === 'cabinet' && alias === 7 ? 'Siren' : undefined),
      },
      events: {
        begun() {},
        ended() {},
        command() {},
        deviceCommand: (...command) => void commanded.push(command),
        drained() {},
        badInput() {},
      },
      bdSeq: { load: () => null, save: (bdSeq) => remember(bdSeq) },
    },
    { group: '450324', node: 'gw-1', primaryHost: 'county', servers: 2, deviceCommands: false },
  )
})

describe('the session of a gateway', () => {
  it('waits its full patience for the host at each server, whatever happened at the one before', async () => {
    runner.start()
    await clock.advance(0)
    await clock.advance(HOST_PATIENCE_MS - 5_000)
    servers.events.lost('cut')
    await clock.advance(3_000)
    expect(servers.opened).toEqual([0, 1])
    await clock.advance(HOST_PATIENCE_MS - 5_000)
    expect(servers.opened).toEqual([0, 1])
    await clock.advance(10_000)
    expect(servers.opened).toEqual([0, 1, 0])
    await runner.stop()
  })

  it('forgets its patience once it is born', async () => {
    runner.start()
    await clock.advance(1_000)
    servers.hostSays(true)
    expect(servers.published).toEqual(['NBIRTH'])
    servers.hostSays(false)
    await clock.advance(3_000)
    expect(servers.opened).toEqual([0, 1])
    await clock.advance(HOST_PATIENCE_MS - 2_000)
    expect(servers.opened).toEqual([0, 1])
    await runner.stop()
  })

  it('goes online though the disk takes no bdSeq', async () => {
    remember = () => {
      throw new Error('ENOSPC')
    }
    runner.start()
    await clock.advance(1_000)
    servers.hostSays(true)
    expect(runner.online).toBe(true)
    await runner.stop()
  })

  it('hands a device its commands, by name or by the alias of that device', async () => {
    runner.start()
    await clock.advance(1_000)
    servers.hostSays(true)
    const metrics = [
      { name: 'Strobe', datatype: DataType.Double, value: 5 },
      { alias: 7, datatype: DataType.Double, value: 30 },
    ]
    servers.events.message('spBv1.0/450324/DCMD/gw-1/cabinet', encodePayload({ timestamp: 1, metrics }))
    expect(commanded).toEqual([
      ['cabinet', 'Strobe', 5],
      ['cabinet', 'Siren', 30],
    ])
    await runner.stop()
  })

  it('comes back ever later from sessions that end as they begin, and soon again after a good one', async () => {
    runner.start()
    const pauses: number[] = []
    for (let i = 0; i < 6; i++) {
      await clock.advance(0)
      servers.hostSays(true)
      expect(runner.online).toBe(true)
      if (i === 5) await clock.advance(STABLE_MS)
      const opened = servers.opened.length
      servers.events.lost('taken over')
      let pauseMs = 0
      for (; servers.opened.length === opened; pauseMs += 250) await clock.advance(250)
      pauses.push(pauseMs)
    }
    expect(pauses).toEqual([750, 1_500, 3_000, 6_000, 12_000, 750])
    await runner.stop()
  })
})
