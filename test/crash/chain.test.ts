import { randomInt } from 'node:crypto'
import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Reading } from '@minewarden/protocol/reading.ts'
import { instant, UNKNOWN_ERROR_MS } from '@minewarden/protocol/time.ts'
import { afterEach, describe, expect, it } from 'vitest'
import type { BadNetwork } from '../support/bad-network.ts'
import { eventually } from '../support/eventually.ts'
import { requires } from '../support/requires.ts'
import {
  integrityOf,
  type JournalBooks,
  readFindings,
  readJournal,
  readSpool,
  type SpoolBooks,
  subjectOf,
} from './support/books.ts'
import { Chain, QUIET } from './support/chain.ts'

/**
 * The promise of the whole chain, held by its real programs: a row that the gateway's spool has taken reaches the journal
 * once, whoever is killed (kill -9) and whatever the network does. `MINEWARDEN_CRASH_ROUNDS=500` for the long run;
 * `MINEWARDEN_CRASH_SEED` brings back the order of disasters, though not their exact moments.
 */
const ROUNDS = Number(process.env.MINEWARDEN_CRASH_ROUNDS ?? 18)
const SEED = Number(process.env.MINEWARDEN_CRASH_SEED ?? randomInt(1, 1_000_000))
/** After so many rounds the chain gets the time to deliver something, so that disasters also strike while rows flow. */
const BREATH_EACH = 3
const DELIVERED_WITHIN_MS = 45_000
const HOUR_MS = 3_600_000
/** The scenario's first round is fired a minute after its start; triggers need 23 s to learn the ground's noise. */
const BEFORE_THE_SHOTS_MS = 35_000
/** The shots come 25 s after that, and an event is judged only 25 s later, when its neighbours have had their say; the rest is for a busy machine. */
const SHOTS_FOUND_WITHIN_MS = 180_000

let chain: Chain
afterEach(() => chain[Symbol.asyncDispose]())

/** The same numbers for the same seed, in [0, 1). @see https://en.wikipedia.org/wiki/Linear_congruential_generator */
function createRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 0x1_0000_0000
  }
}

/** Everything that the spool was ever seen to have taken, by sequence. */
type Accepted = Map<number, Reading>

/** What the gateway had on its disk when it ended. A sequence never means two things. */
function note(accepted: Accepted): SpoolBooks | null {
  if (!existsSync(join(chain.gatewayDir, 'spool.db'))) return null
  const spool = readSpool(chain.gatewayDir)
  for (const [sequence, reading] of spool?.rows ?? []) {
    if (accepted.has(sequence)) expect(reading, `spool row ${sequence}`).toEqual(accepted.get(sequence))
    accepted.set(sequence, reading)
  }
  return spool
}

const isAcknowledged = (epoch: string, sequence: number) =>
  chain.overhearer.acknowledged.get(epoch)?.has(sequence) ?? false

async function allAcknowledged(epoch: string, sequences: Iterable<number>): Promise<void> {
  const wanted = [...sequences]
  const missing = () => wanted.filter((sequence) => !isAcknowledged(epoch, sequence))
  await eventually('every row is acknowledged', () => missing().length === 0, DELIVERED_WITHIN_MS).catch((error) => {
    throw new Error(`${error.message}: ${missing().slice(0, 20)}\n${chain.gateway.tail()}\n${chain.cloud.tail()}`)
  })
}

async function moreRows(count: number): Promise<void> {
  const before = chain.overhearer.rows
  await eventually(`${count} more rows`, () => chain.overhearer.rows >= before + count, DELIVERED_WITHIN_MS).catch(
    (error) => {
      throw new Error(`${error.message}\n${chain.gateway.tail()}\n${chain.cloud.tail()}`)
    },
  )
}

/**
 * Takes all sensors but a quiet one away while rows of them wait, has the backlog sent, and stops the gateway. Returns its
 * epoch and the last sequence of it.
 */
async function drain(accepted: Accepted): Promise<{ epoch: string; last: number }> {
  await moreRows(1)
  const { gateway: network } = chain.networks
  network.stall()
  await sleep(1_500)
  expect(await chain.gateway.stop('SIGTERM')).toBe(0)
  network.cut()
  network.flow()
  const spool = note(accepted)
  expect(spool?.rows.size, 'a backlog').toBeGreaterThan(0)
  chain.equip(QUIET)
  await chain.gateway.startUntil('gateway runs')
  await allAcknowledged(String(spool?.epoch), accepted.keys())
  const lastOf = () => chain.overhearer.acknowledged.get(String(spool?.epoch))?.toArray().at(-1)?.[1] ?? 0
  for (let before = -1; before !== lastOf(); await sleep(2_000)) before = lastOf()
  expect(await chain.gateway.stop('SIGTERM')).toBe(0)
  return { epoch: String(spool?.epoch), last: lastOf() }
}

/** Each sequence up to `last` is in the journal once, or in a gap that the gateway has told. */
function expectEveryRowOnce(journal: JournalBooks, epoch: string, last: number): void {
  const rows = journal.rows.filter((row) => row.epoch === epoch)
  const times = new Map<number, number>()
  for (const { sequence } of rows) times.set(sequence, (times.get(sequence) ?? 0) + 1)
  expect([...times].filter(([, count]) => count > 1)).toEqual([])
  const gaps = rows.flatMap(({ reading }) => (reading.kind === 'gap' ? [reading.fields] : []))
  const told = (sequence: number) =>
    gaps.some((gap) => (gap.firstSequence ?? Infinity) <= sequence && sequence <= (gap.lastSequence ?? -Infinity))
  const everySequence = Array.from({ length: last }, (_, i) => i + 1)
  expect(everySequence.filter((sequence) => !times.has(sequence) && !told(sequence))).toEqual([])
  expect(Math.max(...times.keys())).toBe(last)
  expect(journal.ranges.get(epoch)?.toArray()).toEqual([[1, last]])
}

function expectSameContent(journal: JournalBooks, epoch: string, accepted: Accepted): void {
  const stored = new Map(journal.rows.filter((row) => row.epoch === epoch).map((row) => [row.sequence, row.reading]))
  for (const [sequence, reading] of accepted)
    expect(stored.get(sequence), `row ${sequence}`).toEqual(asItTravels(reading))
}

/** Whole milliseconds, never earlier; a bound that says nothing stays at home. */
function asItTravels({ clockErrorMs, ...reading }: Reading): Reading {
  const bound = clockErrorMs !== undefined && clockErrorMs < UNKNOWN_ERROR_MS ? { clockErrorMs } : {}
  return { ...reading, ...bound, measuredAt: instant(Math.ceil(reading.measuredAt)) }
}

function expectAcknowledgedIsThere(journal: JournalBooks): void {
  const stored = new Set(journal.rows.map(({ epoch, sequence }) => `${epoch} ${sequence}`))
  for (const [epoch, ranges] of chain.overhearer.acknowledged)
    for (const [from, to] of ranges.toArray())
      for (let sequence = from; sequence <= to; sequence++) expect(stored).toContain(`${epoch} ${sequence}`)
}

function expectNothingFoundTwice(): void {
  const subjects = readFindings(chain.cloudDir).map(subjectOf)
  expect(subjects.filter((subject, i) => subjects.indexOf(subject) !== i)).toEqual([])
}

function expectSound(): void {
  const verdicts = integrityOf(chain.gatewayDir, chain.cloudDir)
  expect(Object.keys(verdicts).length).toBeGreaterThanOrEqual(5)
  expect(new Set(Object.values(verdicts))).toEqual(new Set(['ok']))
}

/** Events that detection has told of, late or in time. */
const eventsTold = () => readFindings(chain.cloudDir).filter((finding) => finding.kind === 'event')

type Victim = 'gateway' | 'cloud' | 'broker'
const VICTIMS: readonly Victim[] = ['gateway', 'cloud', 'broker']

async function kill(victims: readonly Victim[], accepted: Accepted): Promise<void> {
  for (const victim of victims) {
    if (victim === 'broker') await chain.broker.kill()
    else await chain[victim].stop('SIGKILL')
  }
  if (victims.includes('gateway')) note(accepted)
}

async function bringBack(victims: readonly Victim[]): Promise<void> {
  for (const victim of victims) {
    if (victim === 'broker') await chain.broker.start()
    else chain[victim].start()
  }
}

async function disturb(network: BadNetwork, random: () => number): Promise<void> {
  if (random() < 0.4) return network.cut()
  network.stall()
  await sleep(200 + random() * 2_000)
  if (random() < 0.5) network.cut()
  network.flow()
}

/** One disaster: one program is killed, or two at once, or the network fails one of them. */
async function strike(random: () => number, accepted: Accepted): Promise<void> {
  const pick = <T>(things: readonly T[]): T => things[Math.floor(random() * things.length)] as T
  const kind = random()
  if (kind < 0.25) return await disturb(chain.networks[pick(['gateway', 'cloud'] as const)], random)
  const first = pick(VICTIMS)
  const victims = kind < 0.45 ? [first, pick(VICTIMS.filter((victim) => victim !== first))] : [first]
  await kill(victims, accepted)
  await sleep(random() * 600)
  await bringBack(victims)
}

describe.runIf(requires('mosquitto'))('gateway, broker and fleet manager', () => {
  it(
    `are killed ${ROUNDS} times in any order, over a bad network: every row arrives once`,
    async () => {
      const random = createRandom(SEED)
      const accepted: Accepted = new Map()
      chain = await Chain.prepare({ startAt: Date.now() - 40_000 })
      await Promise.all([chain.cloud.startUntil('the fleet manager is up'), chain.gateway.startUntil('gateway runs')])
      await moreRows(20)
      for (let round = 0; round < ROUNDS; round++) {
        await sleep(200 + random() * 1_300)
        await strike(random, accepted)
        if (round % BREATH_EACH === 0) await moreRows(1)
        expect([chain.gateway.ended, chain.cloud.ended], `seed ${SEED}, round ${round}`).toEqual([null, null])
      }
      await moreRows(50)
      await kill(['gateway'], accepted)
      await bringBack(['gateway'])
      await allAcknowledged(chain.overhearer.epoch, accepted.keys())
      const { epoch, last } = await drain(accepted)
      expect(await chain.cloud.stop('SIGTERM')).toBe(0)

      const spool = readSpool(chain.gatewayDir)
      expect(spool?.rows.size, 'the spool is drained').toBe(0)
      expect(spool?.next).toBe(last + 1)
      const journal = readJournal(chain.cloudDir)
      expect([...journal.ranges.keys()], 'one epoch').toEqual([epoch])
      expectEveryRowOnce(journal, epoch, last)
      expectSameContent(journal, epoch, accepted)
      expectAcknowledgedIsThere(journal)
      expect(journal.quarantined).toBe(0)
      const head = journal.head
      expect(journal.offsets).toEqual({ history: head, mirror: head, detection: head, probes: head })
      expect(readFindings(chain.cloudDir).length).toBeGreaterThan(0)
      expectNothingFoundTwice()
      expectSound()
      for (const { ended: how, log } of [chain.gateway, chain.cloud].map((p) => ({ ended: p.ended, log: p.log() }))) {
        expect(how).toBe('exit code 0')
        expect(log).not.toMatch(/"level":60|unreadable|at file:/)
      }
    },
    120_000 + ROUNDS * 6_000,
  )

  it('lose with a memory card what was on it alone', async () => {
    const accepted: Accepted = new Map()
    chain = await Chain.prepare({ startAt: Date.now() - 40_000 })
    await Promise.all([chain.cloud.startUntil('the fleet manager is up'), chain.gateway.startUntil('gateway runs')])
    await moreRows(30)
    chain.networks.gateway.stall()
    await sleep(3_000)
    await kill(['gateway'], accepted)
    const old = chain.overhearer.epoch
    const acknowledged = [...accepted.keys()].filter((sequence) => isAcknowledged(old, sequence))
    expect(accepted.size).toBeGreaterThan(acknowledged.length)

    rmSync(chain.gatewayDir, { recursive: true })
    chain.networks.gateway.cut()
    chain.networks.gateway.flow()
    await chain.gateway.startUntil('gateway runs')
    await eventually('a new epoch', () => chain.overhearer.epoch !== old, DELIVERED_WITHIN_MS)
    await moreRows(30)
    const since: Accepted = new Map()
    await kill(['gateway'], since)
    await bringBack(['gateway'])
    const { epoch, last } = await drain(since)
    expect(await chain.cloud.stop('SIGTERM')).toBe(0)

    const journal = readJournal(chain.cloudDir)
    expect([...journal.ranges.keys()].sort()).toEqual([old, epoch].sort())
    const kept = journal.rows.filter((row) => row.epoch === old).map(({ sequence }) => sequence)
    expect(new Set(kept).size).toBe(kept.length)
    expect(
      acknowledged.filter((sequence) => !kept.includes(sequence)),
      'what was delivered stays',
    ).toEqual([])
    expect(kept.filter((sequence) => !accepted.has(sequence))).toEqual([])
    expectEveryRowOnce(journal, epoch, last)
    expectSameContent(journal, epoch, since)
    expectAcknowledgedIsThere(journal)
    expectNothingFoundTwice()
    expectSound()
  })

  it('go on through clocks that are set an hour forward and back: no row is lost, none is double, and detection is not blinded', async () => {
    const startAt = Date.now()
    const stepped = (role: string) => ['test/crash/support/stepped-child.ts', role]
    chain = await Chain.prepare({ startAt, gatewayArgs: stepped('gateway'), cloudArgs: stepped('cloud') })
    await Promise.all([chain.cloud.startUntil('the fleet manager is up'), chain.gateway.startUntil('gateway runs')])
    await moreRows(20)
    const set = async (program: 'gateway' | 'cloud', offsetMs: number) => {
      chain[program].send({ offsetMs })
      await moreRows(15)
    }
    await set('gateway', HOUR_MS)
    await set('gateway', startAt + BEFORE_THE_SHOTS_MS - Date.now())
    await set('cloud', HOUR_MS)
    await set('cloud', -HOUR_MS)
    await set('cloud', 0)
    await eventually('the shots are found', () => eventsTold().length > 0, SHOTS_FOUND_WITHIN_MS)
    await set('gateway', -HOUR_MS)
    await set('gateway', 0)
    const accepted: Accepted = new Map()
    await kill(['gateway'], accepted)
    await bringBack(['gateway'])
    const { epoch, last } = await drain(accepted)
    expect(await chain.cloud.stop('SIGTERM')).toBe(0)

    const journal = readJournal(chain.cloudDir)
    expect([...journal.ranges.keys()]).toEqual([epoch])
    expectEveryRowOnce(journal, epoch, last)
    expectSameContent(journal, epoch, accepted)
    expect(journal.quarantined).toBe(0)
    expectNothingFoundTwice()
    expectSound()
  })
})
