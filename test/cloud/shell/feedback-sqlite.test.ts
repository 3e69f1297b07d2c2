import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FindingsStore } from '@minewarden/cloud/core/findings-port.ts'
import { openFeedback } from '@minewarden/cloud/shell/feedback-sqlite.ts'
import { openFindings } from '@minewarden/cloud/shell/findings-sqlite.ts'
import type { StateFinding } from '@minewarden/protocol/finding.ts'
import { SiteId, UserId } from '@minewarden/protocol/ids.ts'
import { instant } from '@minewarden/protocol/time.ts'
import { afterEach, beforeEach, expect, test } from 'vitest'

const SITE = SiteId.parse('a')
const OTHER = SiteId.parse('b')
const MARK = { verdict: 'false', cause: 'pump', note: 'x', by: UserId.parse('u'), name: 'n', at: instant(5) } as const
let folder = ''
let path = ''
let findings: FindingsStore

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'minewarden-feedback-'))
  path = join(folder, 'findings.sqlite')
  findings = openFindings(path)
})
afterEach(() => {
  findings.close()
  rmSync(folder, { recursive: true, force: true })
})

const state = (at: number, site = SITE): StateFinding => ({
  kind: 'state',
  site,
  at,
  state: 'watch',
  probability: 0.2,
  because: [
    { code: 'blast', values: {} },
    { code: 'drilling', values: {} },
  ],
  independentKinds: [],
  late: false,
})
const found = (...list: StateFinding[]) => findings.save({ offset: 1, snapshots: [], findings: list })

test('a mark stands beside its finding, survives a restart and changes nothing that was found', () => {
  found(state(1), state(2), state(3, OTHER))
  const before = findings.read(0, 9)
  const file = openFeedback(path)
  file.save(2, MARK)
  file.save(2, { ...MARK, verdict: 'true' })
  file.close()
  const again = openFeedback(path)
  expect(again.marked(SITE, 9).map(({ offset, mark }) => [offset, mark?.verdict])).toEqual([
    [2, 'true'],
    [1, undefined],
  ])
  expect(again.one(SITE, 2)?.mark).toEqual({ ...MARK, verdict: 'true' })
  expect(again.one(SITE, 3)).toBeNull()
  again.close()
  expect(findings.read(0, 9)).toEqual(before)
})

test('findings can be recorded while marks are open, and those of a span are counted with their reasons', () => {
  const file = openFeedback(path)
  found(state(1), state(2), state(3), state(4, OTHER))
  file.save(2, MARK)
  const span = { from: instant(2), to: instant(4) }
  expect(file.judged(SITE, span, 10)).toEqual({
    complete: true,
    findings: [
      { kind: 'state', what: 'watch', codes: ['blast', 'drilling'], verdict: null },
      { kind: 'state', what: 'watch', codes: ['blast', 'drilling'], verdict: 'false' },
    ],
  })
  expect(file.judged(SITE, span, 1)).toMatchObject({ complete: false, findings: [{ verdict: null }] })
  file.close()
})
