import type { Connection, ConnectionEvents, Publication } from '@minewarden/edge/core/ports.ts'
import { HOST_PATIENCE_MS, SessionRunner } from '@minewarden/edge/session-runner.ts'
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

beforeEach(() => {
  clock = new ManualClock(instant(1_700_000_000_000))
  servers = new Servers()
  remember = () => {}
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
        commandName: () => undefined,
      },
      events: { begun() {}, ended() {}, command() {}, deviceCommand() {}, drained() {}, badInput() {} },
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
})
