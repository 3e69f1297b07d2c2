import { type Block, playClip } from './block.ts'
import { highPass, reddening } from './filters.ts'
import { createRandom } from './random.ts'
import { airWave, firings, SOUND_M_PER_S } from './round.ts'
import type { Site } from './site-model.ts'
import type { SupplyLog } from './supply-log.ts'
import { createEnsemble } from './voices.ts'

/** Pressure that wind makes at a sensor behind a wind screen: Pa rms for each (m/s)^2. */
const WIND_PA = 0.018
/** The sensor's own, Pa rms. */
const SELF_NOISE_PA = 0.004
/** Infrasound sensors let slow weather out. */
const CORNER_HZ = 0.3

/** Fills a block of one channel, Pa: wind, and the air waves of rounds at the speed of sound. A model, not fitted. */
export function createAir(site: Site, log: SupplyLog, rateHz: number): (block: Block) => void {
  const random = createRandom(site.seed, 'air-noise')
  // Together about the -5/3 slope of turbulence.
  const eddies = [
    { filter: reddening(0.5, rateHz), share: 0.85 },
    { filter: reddening(4, rateHz), share: 0.45 },
    { filter: reddening(25, rateHz), share: 0.2 },
  ]
  const response = highPass(CORNER_HZ, rateHz, Math.SQRT1_2)
  const ensemble = createEnsemble(site.timeline, log, ({ act, fromMs, key }) => {
    if (act.kind !== 'round') return null
    const fired = firings(act, createRandom(site.seed, 'firing', key))
    const wave = airWave(act, fired, rateHz, createRandom(site.seed, 'air', key))
    return playClip({ startMs: fromMs + (act.distanceM / SOUND_M_PER_S) * 1000, channels: [wave] })
  })
  return (block) => {
    const samples = block.channels[0]!
    const wind = WIND_PA * site.wind(block.startMs) ** 2
    for (let i = 0; i < samples.length; i++) {
      let gust = 0
      for (const { filter, share } of eddies) gust += share * filter(random.gaussian())
      samples[i] = wind * gust + SELF_NOISE_PA * random.gaussian()
    }
    ensemble(block)
    for (let i = 0; i < samples.length; i++) samples[i] = response(samples[i]!)
  }
}
