import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connectFeeders } from '@minewarden/hardware/feeder/client.ts'
import { MAX_LINE_BYTES } from '@minewarden/hardware/feeder/messages.ts'
import { createPositionFile } from '@minewarden/hardware/feeder/position-file.ts'
import { createFeederServer } from '@minewarden/hardware/feeder/server.ts'
import { MAX_REFERENCES } from '@minewarden/hardware/feeder/switchgear.ts'
import { instant } from '@minewarden/protocol/time.ts'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { clock, eventually, rig } from './support.ts'

const open1 = { feeder: 'f-1', action: 'open', reference: 'order-1' } as const
const close1 = { feeder: 'f-1', action: 'close', reference: 'order-2' } as const
const refused = (refusal: string) => ({ code: 'feeder-refused', message: expect.stringContaining(refusal) })
const unreachable = { code: 'feeder-unreachable' }

describe('a feeder', () => {
  it('begins closed, is opened by select and operate, and says when and for what', async () => {
    await using site = await rig()
    expect((await site.client.list()).map((state) => state.position)).toEqual(['closed', 'closed'])
    expect(await site.client.select(open1)).toBeGreaterThan(0)
    const result = await site.client.operate(open1)
    expect(result.repeated).toBe(false)
    expect(result.state).toEqual({
      feeder: 'f-1',
      position: 'open',
      changedAt: result.operatedAt,
      reference: 'order-1',
      operations: 1,
      closePermitted: false,
    })
    expect(await site.client.read('f-1')).toEqual(result.state)
    expect((await site.client.read('f-2')).position).toBe('closed')
  })

  it('is not operated without a selection of the same action and reference', async () => {
    await using site = await rig()
    await expect(site.client.operate(open1)).rejects.toMatchObject(refused('not-selected'))
    await site.client.select({ ...open1, reference: 'other' })
    await expect(site.client.operate(open1)).rejects.toMatchObject(refused('not-selected'))
    await site.client.select(close1)
    await expect(site.client.operate({ ...open1, reference: 'order-2' })).rejects.toMatchObject(refused('not-selected'))
    expect(site.server.states()[0]?.operations).toBe(0)
  })

  it('forgets a selection that is cancelled, or older than the select timeout', async () => {
    await using site = await rig({ selectTimeoutMs: 30 })
    await site.client.select(open1)
    await site.client.cancel(open1)
    await expect(site.client.operate(open1)).rejects.toMatchObject(refused('not-selected'))
    await site.client.select(open1)
    await clock.sleep(50)
    await expect(site.client.operate(open1)).rejects.toMatchObject(refused('not-selected'))
    await expect(site.client.cancel(open1)).rejects.toMatchObject(refused('not-selected'))
  })

  it('is reserved for one connection, until that one is lost', async () => {
    await using site = await rig()
    const other = connectFeeders({ host: '127.0.0.1', port: site.port, clock })
    await other.select(open1)
    await expect(site.client.select(open1)).rejects.toMatchObject(refused('selected-by-other'))
    await expect(site.client.operate(open1)).rejects.toMatchObject(refused('not-selected'))
    await other.close()
    const deadline = Date.now() + 5000
    let free = false
    while (!free && Date.now() < deadline) {
      free = await site.client.select(open1).then(
        () => true,
        () => false,
      )
    }
    expect((await site.client.operate(open1)).state.position).toBe('open')
  })

  it('is not operated by a command that is read too late, though it was selected in time', async () => {
    await using site = await rig()
    await site.client.select(open1)
    await expect(site.client.operate(open1, clock.now())).rejects.toMatchObject(refused('too-late'))
    expect(await site.client.read('f-1')).toMatchObject({ position: 'closed', operations: 0 })
    await site.client.select(open1)
    const result = await site.client.operate(open1, instant(clock.now() + 60_000))
    expect(result.state.position).toBe('open')
    // What was done in time is told of at any time.
    expect(await site.client.operate(open1, clock.now())).toMatchObject({ repeated: true })
  })

  it('operates once for each reference, however often it is asked, and not for another action', async () => {
    await using site = await rig()
    await site.client.select(open1)
    const first = await site.client.operate(open1)
    await site.client.select(close1)
    await site.client.operate(close1)
    const again = await site.client.operate(open1)
    expect(again).toMatchObject({ repeated: true, operatedAt: first.operatedAt })
    expect(again.state).toMatchObject({ position: 'closed', operations: 2 })
    await expect(site.client.operate({ ...open1, action: 'close' })).rejects.toMatchObject(refused('reference-reused'))
  })

  it('remembers a bounded number of references', async () => {
    await using site = await rig()
    for (let n = 0; n <= MAX_REFERENCES; n++) {
      const command = { feeder: 'f-1', action: n % 2 ? 'close' : 'open', reference: `r${n}` } as const
      await site.client.select(command)
      await site.client.operate(command)
    }
    const newest = { feeder: 'f-1', action: 'open', reference: `r${MAX_REFERENCES}` } as const
    expect((await site.client.operate(newest)).repeated).toBe(true)
    await expect(site.client.operate({ ...newest, reference: 'r0' })).rejects.toMatchObject(refused('not-selected'))
  })

  it('tells each change to whoever watches, and nothing to others', async () => {
    await using site = await rig()
    const seen: string[] = []
    const stop = site.client.watch('f-1', (state) => seen.push(state.position))
    const others: string[] = []
    site.client.watch('f-2', (state) => others.push(state.position))
    await eventually(() => seen.length === 1 && others.length === 1)
    await site.client.select(open1)
    await site.client.operate(open1)
    await eventually(() => seen.length === 2)
    stop()
    await site.client.select(close1)
    await site.client.operate(close1)
    expect(seen).toEqual(['closed', 'open'])
    expect(others).toEqual(['closed'])
    expect(site.client.known('f-1')?.position).toBe('closed')
  })

  it('that does not exist is told to whoever watches it', async () => {
    await using site = await rig()
    const refusals: unknown[] = []
    site.client.watch(
      'f-9',
      () => undefined,
      (error) => refusals.push(error.code),
    )
    await eventually(() => refusals.length > 0)
    expect(refusals).toEqual(['feeder-refused'])
    expect(site.client.known('f-9')).toBeNull()
  })

  it('that is locked, stuck or unknown is left as it is, with the reason', async () => {
    await using site = await rig()
    site.server.inject('f-1', { refuse: true })
    await expect(site.client.select(open1)).rejects.toMatchObject(refused('refused'))
    site.server.inject('f-1', { stuck: true })
    await site.client.select(open1)
    await expect(site.client.operate(open1)).rejects.toMatchObject(refused('failed-to-move'))
    expect(site.server.states()[0]).toMatchObject({ position: 'closed', operations: 0, changedAt: null })
    await expect(site.client.read('f-9')).rejects.toMatchObject(refused('feeder-unknown'))
    site.server.inject('f-1', {})
    await site.client.select(open1)
    expect((await site.client.operate(open1)).state.position).toBe('open')
  })
})

describe('over a restart', () => {
  let folder = ''
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'feeder-'))
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  it('an opened feeder stays open and knows what it did; a client comes back by itself', async () => {
    const positions = createPositionFile(join(folder, 'feeders.json'))
    const first = await rig({ positions })
    const positionsSeen: string[] = []
    first.client.watch('f-1', (state) => positionsSeen.push(state.position))
    await first.client.select(open1)
    const done = await first.client.operate(open1)
    await first.server[Symbol.asyncDispose]()
    await eventually(() => !first.client.connected())
    expect(first.client.known('f-1')?.position).toBe('open')

    const options = { feeders: ['f-1'], port: first.port }
    await using second = createFeederServer({ clock, positions }, options)
    await second.start()
    expect(await first.client.read('f-1')).toEqual(done.state)
    expect((await first.client.operate(open1)).repeated).toBe(true)
    await first.client.select(close1)
    await first.client.operate(close1)
    await eventually(() => positionsSeen.at(-1) === 'closed')
    expect(positionsSeen).toEqual(['closed', 'open', 'closed'])
    await first.client.close()
  })

  it('a damaged file is an error that names file and field, not a closed feeder', async () => {
    const path = join(folder, 'feeders.json')
    const start = () =>
      createFeederServer({ clock, positions: createPositionFile(path) }, { feeders: ['f-1'], port: 0 }).start()
    writeFileSync(path, '{"format":"minewarden-feeders/1","feeders":[{"state":{"feeder":"f-1"},"done":[]}]}')
    await expect(start()).rejects.toMatchObject({
      code: 'feeder-state-unreadable',
      message: expect.stringMatching(/feeders\.json: .*feeders\.0\.state\.position/),
    })
    writeFileSync(path, '{"form')
    await expect(start()).rejects.toMatchObject({ code: 'feeder-state-unreadable' })
  })

  it('a position that cannot be written down is not taken', async () => {
    await using site = await rig({ positions: createPositionFile(join(folder, 'gone', 'feeders.json')) })
    await site.client.select(open1)
    await expect(site.client.operate(open1)).rejects.toMatchObject(refused('not-stored'))
    expect(site.server.states()[0]?.position).toBe('closed')
  })
})

describe('a client', () => {
  it('gives a slow simulator up after the request timeout, and asks again without doing it twice', async () => {
    await using site = await rig({ requestTimeoutMs: 60 })
    await site.client.select(open1)
    site.server.inject('f-1', { delayMs: 120 })
    await expect(site.client.operate(open1)).rejects.toMatchObject(unreachable)
    await eventually(() => site.server.states()[0]?.position === 'open')
    site.server.inject('f-1', {})
    expect(await site.client.operate(open1)).toMatchObject({ repeated: true, state: { operations: 1 } })
  })

  it('waits for a simulator that is not there yet, and says so when it does not come', async () => {
    const server = createFeederServer({ clock }, { feeders: ['f-1'], port: 0 })
    const port = await server.start()
    await server[Symbol.asyncDispose]()
    await using client = connectFeeders({ host: '127.0.0.1', port, clock, requestTimeoutMs: 3_000 })
    const asked = client.read('f-1')
    await using _late = await clock.sleep(150).then(async () => {
      const late = createFeederServer({ clock }, { feeders: ['f-1'], port })
      await late.start()
      return late
    })
    expect((await asked).position).toBe('closed')
    await using nobody = connectFeeders({ host: '127.0.0.1', port: 1, clock, requestTimeoutMs: 50 })
    await expect(nobody.read('f-1')).rejects.toMatchObject({ ...unreachable, message: expect.stringContaining(':1:') })
  })

  it('rejects what is under way when the connection is lost or it is closed', async () => {
    const site = await rig()
    await site.client.read('f-1')
    site.server.inject('f-1', { delayMs: 5_000 })
    const lost = expect(site.client.read('f-1')).rejects.toThrow('the connection was lost')
    await clock.sleep(20)
    await site.server[Symbol.asyncDispose]()
    await lost
    const closed = expect(site.client.read('f-1')).rejects.toThrow('the client was closed')
    await site.client.close()
    await closed
    await expect(site.client.read('f-1')).rejects.toMatchObject(unreachable)
  })
})

describe('bad input on the wire', () => {
  async function talk(port: number, bytes: string | Uint8Array, answers: number): Promise<unknown[]> {
    const socket = connect({ host: '127.0.0.1', port })
    let text = ''
    socket.on('data', (chunk) => {
      text += chunk.toString()
    })
    socket.write(bytes)
    await eventually(() => text.split('\n').length > answers)
    socket.destroy()
    return text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
  }

  it('gets an answer that names the field, and the connection lives', async () => {
    await using site = await rig()
    const lines = [
      'hello',
      '{"op":"select","id":1,"feeder":"f-1","action":"explode","reference":"x"}',
      '{"op":"read","id":2,"feeder":"../etc"}',
      '{"op":"melt","id":3}',
      `{"op":"read","id":4,"feeder":"${'x'.repeat(MAX_LINE_BYTES)}"}`,
      '{"op":"read","id":5,"feeder":"f-1","extra":true}',
      '',
      '{"op":"read","id":6,"feeder":"f-1"}',
    ]
    const answers = await talk(site.port, `${lines.join('\n')}\n`, 7)
    expect(answers).toMatchObject([
      { id: null, ok: false, refusal: 'request-malformed' },
      { id: 1, ok: false, refusal: 'request-malformed', message: expect.stringContaining('action') },
      { id: 2, ok: false, refusal: 'request-malformed', message: expect.stringContaining('feeder') },
      { id: 3, ok: false, refusal: 'request-malformed', message: expect.stringContaining('op') },
      { id: null, ok: false, refusal: 'line-too-long' },
      { id: 5, ok: false, refusal: 'request-malformed', message: expect.stringContaining('extra') },
      { id: 6, ok: true },
    ])
  })

  it('that is never read the answers of is cut off; others are served', async () => {
    await using site = await rig()
    const greedy = connect({ host: '127.0.0.1', port: site.port })
    let cutOff = false
    greedy.on('error', () => undefined)
    greedy.on('close', () => {
      cutOff = true
    })
    greedy.pause()
    const questions = Array.from({ length: 1_000 }, (_, id) => `{"op":"list","id":${id}}\n`).join('')
    const endsAt = Date.now() + 10_000
    while (!cutOff && Date.now() < endsAt) {
      if (greedy.writable) greedy.write(questions)
      expect((await site.client.read('f-1')).position).toBe('closed')
    }
    expect(cutOff).toBe(true)
  })

  it('of random bytes harms nobody', async () => {
    await using site = await rig()
    const noise = Uint8Array.from({ length: 20_000 }, (_, n) => (n * n * 31 + n * 7) % 251)
    await talk(site.port, noise, 1)
    expect((await site.client.read('f-1')).position).toBe('closed')
  })
})
