import { fleetPoint } from '@minewarden/cloud/core/history/schema.ts'
import { systemClock } from '@minewarden/cloud/shell/clock.ts'
import { openVictoriaMirror } from '@minewarden/cloud/shell/history-victoria.ts'
import { silentLogger } from '@minewarden/cloud/shell/logger.ts'
import { describe, expect, test } from 'vitest'
import { eventually } from '../../support/eventually.ts'
import { DAY_MS, fleetOf, rowOf } from '../../support/history/fleet.ts'
import { accessTo } from '../../support/history/influx.ts'
import { startVictoriaMetrics } from '../../support/influxd.ts'
import { requires } from '../../support/requires.ts'

interface Exported {
  readonly metric: Record<string, string>
  readonly values: readonly number[]
  readonly timestamps: readonly number[]
}
const PATIENCE_MS = 120_000
const PAST = Date.now() - 3 * DAY_MS

describe.runIf(requires('victoria-metrics'))('VictoriaMetrics beside the embedded history', () => {
  test(
    'has every number at its own time, with its place, after it was away too',
    async () => {
      await using server = await startVictoriaMetrics()
      const mirror = openVictoriaMirror(
        { access: accessTo(server.url), fleet: fleetOf(1) },
        { clock: systemClock, logger: silentLogger },
      )
      const row = (i: number) =>
        rowOf({ offset: i, atMs: PAST + i * 1_000, fields: { activePowerW: i, simulated: true } })
      await mirror.write([row(1), row(2)])
      await server.kill()
      await expect(mirror.write([row(3)])).rejects.toMatchObject({ code: 'history-unreachable' })
      await server.start()
      await mirror.write([row(3)])
      await mirror.points?.writePoints([
        fleetPoint('orders', PAST, { county: '450324', supplier: 'grid' }, orders as never),
      ])
      const exported = async (name: string): Promise<Exported | null> => {
        const answer = await fetch(`${server.url}/api/v1/export?match[]=${name}&start=${(PAST - 1_000) / 1000}`)
        const lines = (await answer.text()).trim().split('\n')
        return lines[0] ? (JSON.parse(lines[0]) as Exported) : null
      }
      // What was told just before a kill is in its memory for a second; what it answered for afterwards is not.
      const power = await eventually(
        'the readings',
        async () => {
          const found = await exported('power_activePowerW')
          return found?.values.includes(3) ? found : null
        },
        PATIENCE_MS,
      )
      expect(power.metric).toMatchObject({
        county: '450324',
        site: 'site-0',
        gateway: 'gateway-0',
        sensor: 'power-meter-2',
      })
      expect(power.timestamps.at(-1)).toBe(PAST + 3_000)
      expect((await eventually('orders', () => exported('orders_open'), PATIENCE_MS)).values).toEqual([2])
      await mirror.close()
    },
    PATIENCE_MS,
  )
})

const orders = { open: 2 }
