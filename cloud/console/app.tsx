import { model } from './model.ts'
import { MePage } from './pages/me-page.tsx'
import { OrderPage } from './pages/order-page.tsx'
import { OrdersPage } from './pages/orders-page.tsx'
import { ProbesPage } from './pages/probes-page.tsx'
import { SignInPage } from './pages/sign-in-page.tsx'
import { SitePage } from './pages/site-page.tsx'
import { SitesPage } from './pages/sites-page.tsx'
import { StandingsPage } from './pages/standings-page.tsx'
import { UnknownPage } from './pages/unknown-page.tsx'
import { CallBanner } from './parts/call-banner.tsx'
import { ConnectionBanner } from './parts/connection-banner.tsx'
import { Header } from './parts/header.tsx'
import type { Route } from './route.ts'
import { route } from './router.ts'
import { learnWho } from './session.ts'
import { useStore } from './store.ts'
import { useSpeech } from './text/language.ts'
import { useEffect } from './view.ts'

/** The frame of every page. */
export function App() {
  const { t } = useSpeech()
  const current = useStore(route)
  const me = useStore(model.me)
  const mayRead = me !== null && (me.user !== null || me.publicReading)
  useFollow(current, mayRead, me?.user?.id ?? null)
  return (
    <>
      <a class="skip" href="#main">
        {t('app.skip')}
      </a>
      <Header route={current} />
      <ConnectionBanner />
      <CallBanner />
      <main id="main" tabIndex={-1}>
        <Page route={current} mayRead={mayRead} />
      </main>
    </>
  )
}

function Page(props: { readonly route: Route; readonly mayRead: boolean }) {
  const { t } = useSpeech()
  const me = useStore(model.me)
  const loaded = useStore(model.loaded)
  const { route } = props
  if (route.kind === 'sign-in') return <SignInPage token={route.token} />
  if (me !== null && !props.mayRead) return <SignInPage token={null} />
  if (!loaded) return <p class="quiet empty">{t('loading.text')}</p>
  switch (route.kind) {
    case 'sites':
      return <SitesPage />
    case 'site':
      return <SitePage id={route.id} />
    case 'orders':
      return <OrdersPage />
    case 'order':
      return <OrderPage id={route.id} />
    case 'probes':
      return <ProbesPage />
    case 'standings':
      return <StandingsPage />
    case 'me':
      return <MePage />
    case 'unknown':
      return <UnknownPage />
  }
}

/** Keeps the live stream on the site that is looked at, and asks who we are when it is cut: a session may have ended. */
function useFollow(current: Route, mayRead: boolean, user: string | null): void {
  const orders = useStore(model.orders)
  const loaded = useStore(model.loaded)
  const sites = useStore(model.sites)
  const connection = useStore(model.connection)
  const wanted = siteOf(current, (id) => orders.get(id)?.site ?? null)
  // A site that the server does not know is refused: then only the page says so.
  const site = loaded && wanted !== null && sites.has(wanted) ? wanted : null
  useEffect(() => (mayRead ? model.follow(site) : undefined), [mayRead, site, user])
  useEffect(() => {
    if (connection.kind === 'cut') learnWho().catch(() => undefined)
  }, [connection])
}

function siteOf(current: Route, siteOfOrder: (order: string) => string | null): string | null {
  if (current.kind === 'site') return current.id
  return current.kind === 'order' ? siteOfOrder(current.id) : null
}
