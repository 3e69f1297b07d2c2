import type { Spool, SpoolRow } from '@minewarden/edge/core/ports.ts'
import { EdgeError } from '@minewarden/edge/errors.ts'
import { COMMIT_AT_ROWS, MAX_WAITING, SpoolWriter } from '@minewarden/edge/spool-writer.ts'
import { READING_KINDS, type Reading } from '@minewarden/protocol/reading.ts'
import { describe, expect, it } from 'vitest'
import { ManualClock, silentLogger } from './support/manual-clock.ts'
import { power, probe, T0 } from './support/readings.ts'

function setUp() {
  const clock = new ManualClock(T0)
  const commits: (readonly Reading[])[] = []
  const disk = { refuses: false }
  let next = 1
  let prunes = 0
  const spool = {
    append(readings: readonly Reading[]): SpoolRow[] {
      if (disk.refuses) throw new EdgeError('spool-unusable', 'disk full')
      commits.push(readings)
      return readings.map((reading) => ({ sequence: next++, priority: READING_KINDS[reading.kind].priority, reading }))
    },
    prune: () => ++prunes,
  } as unknown as Spool
  const accepted: SpoolRow[] = []
  const writer = new SpoolWriter(
    { clock, logger: silentLogger, spool, accepted: (rows) => void accepted.push(...rows) },
    { featureCommitMs: 10_000 },
  )
  writer.start()
  return { clock, writer, commits, disk, accepted, prunes: () => prunes }
}

describe('the spool writer', () => {
  it('commits an alarm at once, with everything that waits', () => {
    const { writer, commits } = setUp()
    writer.put([power(0)])
    expect(commits).toEqual([])
    writer.put([probe(1)])
    expect(commits).toEqual([[power(0), probe(1)]])
  })

  it('gathers features for ten seconds', async () => {
    const { writer, commits, clock } = setUp()
    for (let s = 0; s < 9; s++) {
      writer.put([power(s)])
      await clock.advance(1_000)
    }
    expect(commits).toEqual([])
    await clock.advance(1_000)
    expect(commits.map((batch) => batch.length)).toEqual([9])
  })

  it('commits many features without waiting', () => {
    const { writer, commits } = setUp()
    writer.put(Array.from({ length: COMMIT_AT_ROWS }, (_, i) => power(i)))
    expect(commits).toHaveLength(1)
  })

  it('deletes settled rows each five minutes and not more often', async () => {
    const { clock, prunes } = setUp()
    await clock.advance(299_000)
    expect(prunes()).toBe(0)
    await clock.advance(1_000)
    expect(prunes()).toBe(1)
    await clock.advance(300_000)
    expect(prunes()).toBe(2)
  })

  it('keeps what a refusing disk did not take, in order, and commits it when the disk is well', async () => {
    const { writer, commits, disk, clock, accepted } = setUp()
    disk.refuses = true
    writer.put([probe(0)])
    writer.put([power(1), power(2)])
    await clock.advance(5_000)
    expect(accepted).toEqual([])
    disk.refuses = false
    await clock.advance(2_000)
    expect(commits).toEqual([[probe(0), power(1), power(2)]])
  })

  it('gives up features before alarms when too many wait, and tells how many', async () => {
    const { writer, disk, clock, accepted } = setUp()
    disk.refuses = true
    writer.put([probe(0)])
    for (let i = 0; i < 60; i++) writer.put(Array.from({ length: 100 }, (_, k) => power(i * 100 + k)))
    disk.refuses = false
    await clock.advance(2_000)
    const gap = accepted.find(({ reading }) => reading.kind === 'gap')
    expect(gap?.reading.fields).toMatchObject({
      rows: 6_001 - MAX_WAITING,
      firstSequence: null,
      fromMs: T0,
      toMs: T0 + 6_000 - MAX_WAITING,
      reason: 'disk-refused',
    })
    expect(accepted.filter(({ reading }) => reading.kind === 'probe')).toHaveLength(1)
    expect(accepted.filter(({ reading }) => reading.kind === 'power')).toHaveLength(MAX_WAITING - 1)
  })

  it('commits what waits when it is stopped', () => {
    const { writer, commits } = setUp()
    writer.put([power(0)])
    writer.stop()
    expect(commits).toEqual([[power(0)]])
  })
})
