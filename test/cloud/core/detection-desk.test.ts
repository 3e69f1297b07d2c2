import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DEFAULT_PARAMETERS } from '@minewarden/cloud/core/detection/parameters.ts'
import {
  CHECKPOINT_EACH_MS,
  type DetectionDeps,
  DetectionDesk,
  MAX_AHEAD_MS,
} from '@minewarden/cloud/core/detection-desk.ts'
import type { FindingsStore } from '@minewarden/cloud/core/findings-port.ts'
import type { JournalRow } from '@minewarden/cloud/core/ports.ts'
import { openFindings } from '@minewarden/cloud/shell/findings-sqlite.ts'
import type { Finding } from '@minewarden/protocol/finding.ts'
import type { GatewayId, SiteId } from '@minewarden/protocol/ids.ts'
import type { Site } from '@minewarden/protocol/site.ts'
import { instant } from '@minewarden/protocol/time.ts'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { powerReading } from '../../support/fake-gateway.ts'

const SITE = 'site-1' as SiteId
const GATEWAY = 'gw-1' as GatewayId
const site = { id: SITE } as Site

const finding = (at: number): Finding => ({
  kind: 'state',
  site: SITE,
  at,
  state: 'watch',
  probability: 0.5,
  because: [],
  independentKinds: [],
  late: false,
})
const row = (offset: number, watts: number): JournalRow => ({
  offset,
  gateway: GATEWAY,
  receivedAt: instant(offset),
  historical: false,
  reading: powerReading(watts, instant(offset)),
})

let dir: string
let store: FindingsStore
const told: Finding[] = []
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'minewarden-findings-'))
  store = openFindings(join(dir, 'findings.sqlite'))
  told.length = 0
})
afterEach(() => {
  store.close()
  rmSync(dir, { recursive: true, force: true })
})

/** Finds something in every reading above 1 kW; remembers how many readings it saw. */
const desk = (findings: DetectionDeps['findings'] = store) =>
  new DetectionDesk({
    sites: [site],
    siteOf: new Map([[GATEWAY, SITE]]),
    findings,
    parameters: DEFAULT_PARAMETERS,
    createDetector(_site, _parameters, snapshot) {
      const seen = (snapshot as { rows: number } | undefined) ?? { rows: 0 }
      return {
        observe(_, reading) {
          seen.rows++
          return reading.kind === 'power' && (reading.fields.activePowerW ?? 0) > 1_000 ? [finding(seen.rows)] : []
        },
        advanceTo: (at) => (seen.rows === 99 ? [finding(at)] : []),
        snapshot: () => ({ ...seen }),
      }
    },
    onFinding: (found) => void told.push(found),
  })

describe('the detection desk', () => {
  test('writes a finding down before it tells anybody, with state and offset', () => {
    const watching = desk({
      checkpointOffset: () => 0,
      snapshotOf: () => undefined,
      save(checkpoint) {
        expect(told).toEqual([])
        expect(checkpoint).toMatchObject({ offset: 2, snapshots: [{ site: SITE, snapshot: { rows: 2 } }] })
        return checkpoint.findings.map((each, i) => ({ offset: i + 1, finding: each }))
      },
    })
    watching.judge([row(1, 10), row(2, 5_000)], instant(1))
    expect(told).toHaveLength(1)
  })

  test('judges a retuned site by its parameters from there on, with all that was known', () => {
    const made: { watchAt: number; snapshot: unknown }[] = []
    let watchAt = -3
    const watching = new DetectionDesk({
      sites: [site],
      siteOf: new Map([[GATEWAY, SITE]]),
      findings: store,
      parameters: DEFAULT_PARAMETERS,
      parametersOf: () => ({ ...DEFAULT_PARAMETERS, watchAt }),
      createDetector(_site, parameters = DEFAULT_PARAMETERS, snapshot) {
        made.push({ watchAt: parameters.watchAt, snapshot })
        return { observe: () => [], advanceTo: () => [], snapshot: () => ({ by: parameters.watchAt }) }
      },
      onFinding: () => {},
    })
    watchAt = -2
    watching.retune(SITE)
    expect(made).toEqual([
      { watchAt: -3, snapshot: undefined },
      { watchAt: -2, snapshot: { by: -3 } },
    ])
    watching.checkpoint(instant(1))
    expect(store.snapshotOf(SITE)).toEqual({ by: -2 })
  })

  test('judges again after a kill what came since the checkpoint, and finds nothing twice', () => {
    const first = desk()
    first.judge([row(1, 10), row(2, 5_000)], instant(1))
    first.judge([row(3, 10)], instant(2))
    const second = desk()
    expect(second.offset).toBe(2)
    second.judge([row(1, 10), row(2, 5_000), row(3, 10), row(4, 5_000)], instant(3))
    expect(store.read(0, 10).map(({ finding: { at } }) => at)).toEqual([2, 4])
    expect(store.snapshotOf(SITE)).toEqual({ rows: 4 })
  })

  test('keeps a finding that could not be written until it can', () => {
    let full = true
    const failing: DetectionDeps['findings'] = {
      checkpointOffset: () => store.checkpointOffset(),
      snapshotOf: (id) => store.snapshotOf(id),
      save(checkpoint) {
        if (full) throw new Error('disk full')
        return store.save(checkpoint)
      },
    }
    const watching = desk(failing)
    expect(() => watching.judge([row(1, 5_000)], instant(1))).toThrow('disk full')
    expect(told).toEqual([])
    full = false
    watching.judge([row(1, 5_000)], instant(2))
    expect(told).toHaveLength(1)
    expect(store.head).toBe(1)
  })

  test('checkpoints now and then when nothing is found', () => {
    const watching = desk()
    watching.judge([row(1, 10)], instant(0))
    watching.judge([row(2, 10)], instant(CHECKPOINT_EACH_MS - 1))
    expect(store.checkpointOffset()).toBe(1)
    watching.judge([row(3, 10)], instant(CHECKPOINT_EACH_MS))
    expect(store.checkpointOffset()).toBe(3)
  })

  test('passes over rows of gateways that stand nowhere', () => {
    const watching = desk()
    watching.judge([{ ...row(1, 5_000), gateway: 'gw-9' as GatewayId }], instant(1))
    expect(told).toEqual([])
    expect(watching.offset).toBe(1)
  })

  test('tells what the mere passing of time brings', () => {
    const watching = desk()
    watching.judge(
      Array.from({ length: 99 }, (_, i) => row(i + 1, 10)),
      instant(1),
    )
    watching.advance(instant(60_000))
    expect(told).toMatchObject([{ at: 55_000 }])
  })
})

describe('the findings store', () => {
  test('gives the newest first, the last of each kind, and what a consumer has not seen', () => {
    const { save } = store
    save.call(store, { offset: 5, snapshots: [], findings: [finding(1), finding(2)] })
    save.call(store, { offset: 9, snapshots: [], findings: [finding(3)] })
    expect(store.latest(SITE, 2).map(({ at }) => at)).toEqual([3, 2])
    expect(store.lastState(SITE)?.at).toBe(3)
    expect(store.lastEvent(SITE)).toBeNull()
    store.advance('orders', 2)
    store.advance('orders', 1)
    expect(store.read(store.offsetOf('orders'), 9).map(({ offset }) => offset)).toEqual([3])
  })

  test('goes on counting after a restart', () => {
    store.save({ offset: 1, snapshots: [], findings: [finding(1)] })
    store.close()
    store = openFindings(join(dir, 'findings.sqlite'))
    store.save({ offset: 2, snapshots: [], findings: [finding(2)] })
    expect(store.read(0, 9).map(({ offset }) => offset)).toEqual([1, 2])
  })

  test('names the file that it cannot use', () => {
    expect(() => openFindings(join(dir, 'no', 'folder.sqlite'))).toThrow(
      expect.objectContaining({ code: 'findings-unusable', message: expect.stringContaining('folder.sqlite') }),
    )
  })
})

test('a gateway whose clock runs ahead is judged by when its readings arrive, and makes nothing late', () => {
  const seen: { measuredAt: number; onsetMs: number | null }[] = []
  const judging = new DetectionDesk({
    sites: [site],
    siteOf: new Map([[GATEWAY, SITE]]),
    findings: store,
    parameters: DEFAULT_PARAMETERS,
    createDetector: () => ({
      observe(_gateway, reading) {
        const onsetMs = reading.kind === 'event' ? reading.fields.onsetMs : null
        seen.push({ measuredAt: reading.measuredAt, onsetMs })
        return []
      },
      advanceTo: () => [],
      snapshot: () => ({}),
    }),
    onFinding: () => {},
  })
  const HOUR = 3_600_000
  const event = { ...powerReading(0, instant(HOUR + 5_000)), kind: 'event', fields: { onsetMs: HOUR + 2_000 } } as never
  judging.judge(
    [
      { ...row(1, 500), receivedAt: instant(4_000), reading: powerReading(500, instant(4_000 + MAX_AHEAD_MS)) },
      { ...row(2, 500), receivedAt: instant(5_000), reading: event },
    ],
    instant(6_000),
  )
  expect(seen).toEqual([
    { measuredAt: 4_000 + MAX_AHEAD_MS, onsetMs: null },
    { measuredAt: 5_000, onsetMs: 2_000 },
  ])
})
