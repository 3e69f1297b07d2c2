import { type ChildProcess, spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { RangeSet } from '@minewarden/protocol/spool.ts'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { fakeGateway } from '../support/ingest-chain.ts'
import { requires } from '../support/requires.ts'
import { GATEWAY } from './support/cloud-config.ts'

const CHILD = fileURLToPath(new URL('./support/cloud-child.ts', import.meta.url))
const ROUNDS = Number(process.env.MINEWARDEN_CRASH_ROUNDS ?? 25)
const ROWS_IN_FLIGHT = 300

let dir: string
let child: ChildProcess | null = null
/** Of the program itself, not of what it was started with. */
let pid = 0
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'minewarden-crash-'))
})
afterEach(async () => {
  if (child?.exitCode === null && child.signalCode === null) await stop('SIGKILL')
  await rm(dir, { recursive: true, force: true })
})

/** Starts the child; resolves with the port of its broker. */
async function start(...wrapper: string[]): Promise<number> {
  const [program = '', ...args] = [...wrapper, process.execPath, CHILD, dir]
  child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })
  const [line] = await once(lines, 'line')
  const { port, pid: own } = JSON.parse(line) as { port: number; pid: number }
  pid = own
  return port
}

async function stop(signal: NodeJS.Signals): Promise<void> {
  const exited = once(child as ChildProcess, 'exit')
  process.kill(pid, signal)
  await exited
}

const journalRows = () => {
  using db = new DatabaseSync(join(dir, 'journal.sqlite'))
  const rows = db.prepare('SELECT sequence FROM rows ORDER BY sequence').all()
  const [epoch] = db.prepare('SELECT ranges FROM epochs').all()
  const integrity = db.prepare('PRAGMA integrity_check').get()?.integrity_check
  return {
    sequences: rows.map((row) => Number(row.sequence)),
    ranges: JSON.parse(String(epoch?.ranges)) as [number, number][],
    integrity,
  }
}

const findingsMade = () => {
  using db = new DatabaseSync(join(dir, 'findings.sqlite'))
  return db
    .prepare('SELECT finding FROM findings ORDER BY number')
    .all()
    .map((row) => JSON.parse(String(row.finding)) as { kind: string; at: number; independentKinds?: string[] })
}

describe('a fleet manager that is killed again and again', () => {
  test(
    'loses nothing that it acknowledged, keeps no row twice and finds nothing twice',
    async () => {
      const gateway = fakeGateway(GATEWAY)
      let next = 1
      for (let round = 0; round < ROUNDS; round++) {
        await gateway.connect(await start())
        await gateway.birth()
        const dead = new AbortController()
        const sending = (async () => {
          for (let low = 1; !dead.signal.aborted; ) {
            // What is not acknowledged is sent again, then new rows up to the window: as a gateway does.
            while (gateway.acknowledged.has(low)) low++
            for (let sequence = low; sequence < next; sequence++)
              if (!gateway.acknowledged.has(sequence)) gateway.sendRow(sequence)
            const until = low + ROWS_IN_FLIGHT
            for (; next < until; next++) gateway.sendRow(next)
            await sleep(3)
          }
        })()
        await gateway.until(() => gateway.acknowledgements.length > round)
        await sleep(randomInt(0, 150))
        await stop('SIGKILL')
        dead.abort()
        await sending
        await gateway.close()
      }
      await gateway.connect(await start())
      await gateway.birth()
      for (let sequence = 1; sequence < next; sequence++)
        if (!gateway.acknowledged.has(sequence)) gateway.sendRow(sequence)
      await gateway.until(() => gateway.acknowledged.toArray()[0]?.[1] === next - 1)
      // Detection follows the journal at its own pace; a clean stop does not wait for it.
      const last = (each: number) => Math.floor((next - 1) / each) * each
      const toldOf = async () => (await readFile(join(dir, 'told.log'), 'utf8')).trim().split('\n').map(Number)
      await eventually('the last state is told', async () => (await toldOf()).includes(last(50)))
      await eventually('the last row is judged', () => findingsMade().some(({ at }) => at === last(10)))
      await stop('SIGTERM')
      await gateway.close()

      const everySequence = Array.from({ length: next - 1 }, (_, i) => i + 1)
      const { sequences, ranges, integrity } = journalRows()
      expect(integrity).toBe('ok')
      expect(ranges).toEqual([[1, next - 1]])
      expect(sequences).toEqual(everySequence)

      const found = findingsMade()
      const tenths = everySequence.filter((sequence) => sequence % 10 === 0)
      expect(found.map(({ at }) => at).sort((a, b) => a - b)).toEqual(tenths)
      // The detector's own count of rows is part of its checkpoint: rows judged twice would show in it.
      const lastState = found.findLast(({ kind }) => kind === 'state')
      expect(Number(lastState?.independentKinds?.[0])).toBeLessThanOrEqual(next - 1)
      const told = new Set(await toldOf())
      expect([...told].sort((a, b) => a - b)).toEqual(everySequence.filter((sequence) => sequence % 50 === 0))
    },
    60_000 + ROUNDS * 3_000,
  )

  test('what was acknowledged is in the journal at the very moment of the kill', async () => {
    const gateway = fakeGateway(GATEWAY)
    await gateway.connect(await start())
    await gateway.birth()
    for (let sequence = 1; sequence <= 200; sequence++) gateway.sendRow(sequence)
    await gateway.until(() => gateway.acknowledged.size > 0)
    await stop('SIGKILL')
    const journalled = new RangeSet(journalRows().sequences.map((sequence) => [sequence, sequence] as const))
    for (const [from, to] of gateway.acknowledged.toArray())
      for (let sequence = from; sequence <= to; sequence++) expect(journalled.has(sequence)).toBe(true)
    await gateway.close()
  })
})

describe.runIf(requires('strace'))('power loss', () => {
  test('every acknowledged commit was synced to the disk: kill -9 alone would not show it', async () => {
    const log = join(dir, 'syncs')
    const port = await start('strace', '-f', '-e', 'trace=fsync,fdatasync', '-o', log)
    const gateway = fakeGateway(GATEWAY)
    await gateway.connect(port)
    await gateway.birth()
    const syncs = async () => (await readFile(log, 'utf8')).match(/f(data)?sync\(/g)?.length ?? 0
    const before = await syncs()
    const ROWS = 4
    for (let sequence = 1; sequence <= ROWS; sequence++) {
      gateway.sendRow(sequence)
      await gateway.untilAcknowledged(sequence)
    }
    expect((await syncs()) - before).toBeGreaterThanOrEqual(ROWS)
    await gateway.close()
    await stop('SIGKILL')
  })
})
