import type { SiteDocument } from '../../http/documents.ts'
import { useSpeech } from '../text/language.ts'
import { Link } from './link.tsx'

const WIDTH = 320
const HEIGHT = 280
/** Below the sites: the scale. */
const FOOT = 22
const MARGIN = 34
const KM_PER_DEGREE = 111.32

/**
 * A sketch of where the sites lie: north up, to scale, no ground map (that would be somebody else's server). For the eye
 * and the pointer; the list beside it says the same to keyboard and screen reader.
 */
export function SiteMap(props: { readonly sites: readonly SiteDocument[] }) {
  const { t, format } = useSpeech()
  const { x, y, pixelsPerKm } = project(props.sites)
  const km = roundLength(70 / pixelsPerKm)
  return (
    <figure class="map">
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} aria-hidden="true">
        <g class="map-grid">
          {[1, 2, 3, 4, 5, 6, 7].map((line) => (
            <path key={line} d={`M${line * 40} 0V${HEIGHT}M0 ${line * 40}H${WIDTH}`} />
          ))}
        </g>
        {props.sites.map((site) => (
          <Link key={site.id} to={{ kind: 'site', id: site.id }} unreachable class={`map-site state-${site.state}`}>
            <g transform={`translate(${x(site.longitude)} ${y(site.latitude)})`}>
              <title>{`${site.name} · ${t(`state.${site.state}`)}`}</title>
              {site.state === 'reopened' && <circle class="map-ring" r="15" />}
              <MapShape state={site.state} />
              <text y="21">{site.name}</text>
            </g>
          </Link>
        ))}
        <g class="map-scale" transform={`translate(14 ${HEIGHT - 12})`}>
          <path d={`M0 -4v4h${km * pixelsPerKm}v-4`} />
          <text x={km * pixelsPerKm + 6} y="0">
            {t('sites.mapScale', { km: format.number(km) })}
          </text>
        </g>
      </svg>
      <figcaption>{t('sites.mapNote')}</figcaption>
    </figure>
  )
}

const PATHS = {
  sealed: 'M-5 5V-1a5 5 0 0 1 10 0v6z',
  watch: 'M0 -7 7 0 0 7-7 0z',
  suspected: 'M0 -7 8 6H-8z',
  reopened: 'M-3.5 -8h7l4.5 4.5v7L3.5 8h-7L-8 3.5v-7z',
}
const MapShape = (props: { readonly state: SiteDocument['state'] }) => <path class="map-shape" d={PATHS[props.state]} />

/** Equirectangular around the middle of the sites: true to scale over a county. */
function project(sites: readonly SiteDocument[]) {
  const latitudes = sites.map((site) => site.latitude)
  const longitudes = sites.map((site) => site.longitude)
  const middle = { latitude: between(latitudes), longitude: between(longitudes) }
  const shrink = Math.cos((middle.latitude * Math.PI) / 180)
  const spanKm = {
    x: Math.max(1, spread(longitudes) * KM_PER_DEGREE * shrink),
    y: Math.max(1, spread(latitudes) * KM_PER_DEGREE),
  }
  const pixelsPerKm = Math.min((WIDTH - 2 * MARGIN - 30) / spanKm.x, (HEIGHT - FOOT - 2 * MARGIN) / spanKm.y)
  return {
    pixelsPerKm,
    x: (longitude: number) => WIDTH / 2 + (longitude - middle.longitude) * KM_PER_DEGREE * shrink * pixelsPerKm,
    y: (latitude: number) => (HEIGHT - FOOT) / 2 - 4 - (latitude - middle.latitude) * KM_PER_DEGREE * pixelsPerKm,
  }
}

const between = (values: readonly number[]) => (Math.min(...values) + Math.max(...values)) / 2
const spread = (values: readonly number[]) => Math.max(...values) - Math.min(...values)

/** 1, 2 or 5 times a power of ten, at most `km`. */
function roundLength(km: number): number {
  const decade = 10 ** Math.floor(Math.log10(km))
  return ([5, 2, 1].find((step) => step * decade <= km) ?? 1) * decade
}
