import type { SiteState } from '@minewarden/protocol/finding.ts'
import type { SiteDocument } from '../../http/documents.ts'
import { model } from '../model.ts'
import { useNow } from '../now.ts'
import { isOpen, orderOfSite } from '../order-stage.ts'
import { Panel } from '../parts/panel.tsx'
import { SiteCard } from '../parts/site-card.tsx'
import { SiteMap } from '../parts/site-map.tsx'
import { StateShape } from '../parts/state-badge.tsx'
import { GRAVEST_FIRST } from '../site-states.ts'
import { useStore } from '../store.ts'
import { useSpeech } from '../text/language.ts'
import { useState } from '../view.ts'

/** All sites, the gravest first. */
export function SitesPage() {
  const { t } = useSpeech()
  const now = useNow()
  const sites = useStore(model.sites)
  const orders = useStore(model.orders)
  const [filter, setFilter] = useState<SiteState | null>(null)
  const all = gravestFirst([...sites.values()])
  const shown = filter === null ? all : all.filter((site) => site.state === filter)
  return (
    <div class="sites-page">
      <h1 class="unseen">{t('sites.title')}</h1>
      <StateFilter sites={all} filter={filter} onFilter={setFilter} />
      {all.length === 0 && <p class="quiet empty">{t('sites.empty')}</p>}
      {all.length > 0 && (
        <div class="sites-body">
          <div class="cards">
            {shown.map((site) => {
              const order = orderOfSite(orders, site.id)
              return (
                <SiteCard
                  key={site.id}
                  site={site}
                  order={order && (isOpen(order.state) || site.state === 'reopened') ? order : undefined}
                  nowMs={now}
                />
              )
            })}
            {shown.length === 0 && <p class="quiet empty">{t('sites.emptyFilter')}</p>}
          </div>
          <Panel title={t('sites.map')} class="map-panel">
            <SiteMap sites={all} />
          </Panel>
        </div>
      )}
    </div>
  )
}

function StateFilter(props: {
  readonly sites: readonly SiteDocument[]
  readonly filter: SiteState | null
  readonly onFilter: (filter: SiteState | null) => void
}) {
  const { t } = useSpeech()
  const count = (state: SiteState) => props.sites.filter((site) => site.state === state).length
  return (
    <fieldset class="tally">
      <legend class="unseen">{t('sites.filter')}</legend>
      {GRAVEST_FIRST.map((state) => (
        <button
          key={state}
          type="button"
          class={`tally-state state-${state} ${count(state) === 0 ? 'none' : ''}`}
          aria-pressed={props.filter === state}
          onClick={() => props.onFilter(props.filter === state ? null : state)}
        >
          <StateShape state={state} />
          <b>{count(state)}</b>
          <span>{t(`state.${state}`)}</span>
        </button>
      ))}
    </fieldset>
  )
}

function gravestFirst(sites: SiteDocument[]): SiteDocument[] {
  const gravity = (site: SiteDocument) => GRAVEST_FIRST.indexOf(site.state)
  return sites.sort((a, b) => gravity(a) - gravity(b) || b.probability - a.probability || a.id.localeCompare(b.id))
}
