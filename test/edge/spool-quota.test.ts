import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseConfig, spoolQuotaBytes } from '@minewarden/edge/config.ts'
import { openSpool } from '@minewarden/edge/shell/spool-sqlite.ts'
import { READING_KINDS, type Reading } from '@minewarden/protocol/reading.ts'
import { type Instant, instant } from '@minewarden/protocol/time.ts'
import { describe, expect, it } from 'vitest'
import { silentLogger } from './support/manual-clock.ts'
import { GEO, METER, reading, T0 } from './support/readings.ts'

/** Every number field has a value that needs all its bits: the largest row there is. */
const full = (kind: 'vibration' | 'power', at: Instant): Reading => {
  const names = Object.keys(READING_KINDS[kind].fields)
  const fields = Object.fromEntries(names.map((name, i) => [name, Math.PI * (i + 1)]))
  return reading(kind, at, fields, kind === 'power' ? METER : GEO)
}

describe('72 hours offline at the nominal rate', () => {
  it('fit into the quota without a gap, beside three days of waveforms', () => {
    const dir = mkdtempSync(join(tmpdir(), 'minewarden-quota-'))
    const config = parseConfig({
      gateway: 'gw-1',
      county: '450324',
      data: dir,
      uplink: { servers: ['mqtt://127.0.0.1'] },
      drivers: [{ kind: 'recording', dir: '/none' }],
    })
    const quotaBytes = spoolQuotaBytes(config, ['geophone', 'power-meter'])
    // An hour stands for all: rows are alike.
    const hour: Reading[] = []
    for (let second = 0; second < 3600; second++) {
      const at = instant(T0 + second * 1000)
      hour.push(full('power', at))
      if (second % 5 === 0) for (let channel = 0; channel < 3; channel++) hour.push(full('vibration', at))
    }
    const deps = { logger: silentLogger, newEpoch: randomUUID, stamp: () => 'now' }
    const spool = openSpool(deps, { path: join(dir, 'spool.db'), quotaBytes })
    spool.append(hour)
    const { bytes } = spool.stats()
    spool.close()
    rmSync(dir, { recursive: true })
    const waveforms = 3 * config.waveforms.quotaMiBPerDay * 1_048_576
    expect(72 * bytes + waveforms).toBeLessThan(quotaBytes)
    expect(72 * bytes + waveforms).toBeGreaterThan(quotaBytes / 2)
  })
})
