import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DEFAULT_PARAMETERS } from '@minewarden/cloud/core/detection/parameters.ts'
import { DetectionDesk } from '@minewarden/cloud/core/detection-desk.ts'
import type { JournalRow } from '@minewarden/cloud/core/ports.ts'
import { openFindings } from '@minewarden/cloud/shell/findings-sqlite.ts'
import type { Finding } from '@minewarden/protocol/finding.ts'
import { GatewayId } from '@minewarden/protocol/ids.ts'
import { instant } from '@minewarden/protocol/time.ts'
import { expect, it } from 'vitest'
import { eventsAt, shake, siteAt } from '../../../../support/county.ts'
import { NIGHT } from '../../../../support/detection.ts'

const sites = [siteAt(1, { east: 0, north: 0 }), siteAt(2, { east: 20, north: 0 }), siteAt(3, { east: 8, north: 18 })]
const gatewayOf = (id: string) => GatewayId.parse(`gw-${id}`)
const rows = shake(sites, { east: 60, north: -20 }, NIGHT, { peakAt10Km: 4e-4 })
  .sort((a, b) => a.reading.measuredAt - b.reading.measuredAt)
  .map(
    ({ site, reading }, i): JournalRow => ({
      offset: i + 1,
      gateway: gatewayOf(site.id),
      receivedAt: instant(reading.measuredAt + 500),
      historical: false,
      reading,
    }),
  )

it('live, an earthquake is one event of the county, through a kill in the midst of it as well', () => {
  const dir = mkdtempSync(join(tmpdir(), 'minewarden-network-'))
  const store = openFindings(join(dir, 'findings.sqlite'))
  const told: Finding[] = []
  const open = () =>
    new DetectionDesk({
      sites,
      siteOf: new Map(sites.map((site) => [gatewayOf(site.id), site.id])),
      findings: store,
      parameters: DEFAULT_PARAMETERS,
      onFinding: (finding) => void told.push(finding),
    })
  try {
    const [first, second, third] = rows
    const desk = open()
    desk.judge([first!, second!], instant(second!.receivedAt))
    desk.advance(instant(second!.reading.measuredAt + 8000))
    desk.checkpoint(instant(second!.reading.measuredAt + 8000))
    const again = open()
    again.judge([third!], instant(third!.receivedAt))
    const last = third!.reading.measuredAt
    for (let ms = 0; ms < 120_000; ms += 1000) again.advance(instant(last + ms))
    again.checkpoint(instant(last + 120_000))
    const events = sites.map((site) => eventsAt(told, site))
    expect(events.map((e) => e.length)).toEqual([1, 1, 1])
    expect(new Set(events.map((e) => e[0]?.attributed?.event)).size).toBe(1)
    expect(events[0]?.[0]?.attributed).toMatchObject({ source: 'earthquake', sites: 3 })
  } finally {
    store.close()
    rmSync(dir, { recursive: true, force: true })
  }
})
