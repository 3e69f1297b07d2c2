/** What a site tells the network of its county of each transient, at once and when the microphone has had its say. */
import type { SensorId } from '@minewarden/protocol/ids.ts'
import type { ReadingOf } from '@minewarden/protocol/reading.ts'
import { type AirWave, isAirWave, isThunder } from './event-class.ts'
import { glance, type HeldEvent } from './event-judge.ts'
import { type Felt, feltOf } from './network/felt.ts'
import { boutOf, type SiteContext } from './site-context.ts'

/** A transient that was just taken in. */
export function feltNow(context: SiteContext, key: string, reading: ReadingOf<'event'>): Felt {
  const { fields, measuredAt: measuredMs } = reading
  const held = { key, sensor: reading.sensor ?? '', measuredMs, fields, looked: false }
  return feltOf(context.site.id, key, reading, seen(context, held))
}

/** Sound comes after the ground: what it changes of transients that still wait. */
export function feltBefore(context: SiteContext, { fields, measuredAt }: ReadingOf<'airEvent'>): Felt[] {
  const onsetMs = fields.onsetMs ?? measuredAt
  return context.state.judge.pending
    .filter((held) => Math.abs((held.fields.onsetMs ?? held.measuredMs) - onsetMs) < WITH_MS)
    .flatMap((held) => {
      const { air, ...rest } = seen(context, held)
      const { key, measuredMs, fields } = held
      const sensor = held.sensor as SensorId
      const reading = { kind: 'event', sensor, channel: null, measuredAt: measuredMs, clock: 'ntp', fields }
      return air ? [feltOf(context.site.id, key, reading as ReadingOf<'event'>, { air, ...rest })] : []
    })
}
/** As the judge looks for a transient's air wave. */
const WITH_MS = 5000

function seen(context: SiteContext, held: HeldEvent) {
  const { state } = context
  const { scores, context: surroundings } = glance(state.judge, held, (key, atMs) => boutOf(context, key, atMs))
  return { scores, air: heard(surroundings.air), trainS: surroundings.trainS }
}

const heard = (air: AirWave | null): Felt['air'] => (isThunder(air) ? 'thunder' : isAirWave(air) ? 'shot' : null)
