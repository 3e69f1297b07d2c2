import { model } from '../model.ts'
import { useNow } from '../now.ts'
import { isWaiting } from '../order-stage.ts'
import type { Route } from '../route.ts'
import { go } from '../router.ts'
import { signOut } from '../session.ts'
import { useStore } from '../store.ts'
import { setLanguage, useSpeech } from '../text/language.ts'
import { Dot } from './gateway-status.tsx'
import { Link } from './link.tsx'

/** Who, where, when, and whether what is shown is live. */
export function Header(props: { readonly route: Route }) {
  const { t, language } = useSpeech()
  const orders = useStore(model.orders)
  const waiting = [...orders.values()].filter((order) => isWaiting(order.state)).length
  const isSites = props.route.kind === 'sites' || props.route.kind === 'site'
  const isOrders = props.route.kind === 'orders' || props.route.kind === 'order'
  return (
    <header class="top">
      <Link to={{ kind: 'sites' }} class="brand">
        <svg viewBox="0 0 32 32" aria-hidden="true">
          <path class="brand-hill" d="M3 26 12 9l4.5 7.5L20 11l9 15z" />
          <path class="brand-adit" d="M12 26v-5a4 4 0 0 1 8 0v5z" />
          <path class="brand-bar" d="M10.5 22.5h11" />
        </svg>
        <span>
          <b>Minewarden</b>
          <small>{t('app.subtitle')}</small>
        </span>
      </Link>
      <nav aria-label={t('nav.label')}>
        <Link to={{ kind: 'sites' }} current={isSites}>
          {t('nav.sites')}
        </Link>
        <Link to={{ kind: 'orders' }} current={isOrders}>
          {t('nav.orders')}
          {waiting > 0 && (
            <span class="count" title={t('nav.waiting', { count: waiting })}>
              {waiting}
              <span class="unseen"> {t('nav.waiting', { count: waiting })}</span>
            </span>
          )}
        </Link>
        <Link to={{ kind: 'probes' }} current={props.route.kind === 'probes'}>
          {t('nav.probes')}
        </Link>
        <Link to={{ kind: 'standings' }} current={props.route.kind === 'standings'}>
          {t('nav.standings')}
        </Link>
      </nav>
      <div class="top-end">
        <LiveLight />
        <Clock />
        <Person />
        <button
          type="button"
          class="plain"
          title={t('language.switch')}
          lang={language === 'zh' ? 'en' : 'zh-CN'}
          onClick={() => setLanguage(language === 'zh' ? 'en' : 'zh')}
        >
          {t('language.other')}
        </button>
      </div>
    </header>
  )
}

function LiveLight() {
  const { t } = useSpeech()
  const connection = useStore(model.connection)
  return (
    <span class={`live live-${connection.kind}`} data-connection={connection.kind}>
      <Dot on={connection.kind !== 'cut'} />
      {t(`connection.${connection.kind}`)}
    </span>
  )
}

function Clock() {
  const { t, format } = useSpeech()
  const now = useNow()
  return (
    <time class="clock" title={`${t('clock.label')} ${format.full(now)}`}>
      {format.clock(now)}
    </time>
  )
}

function Person() {
  const { t } = useSpeech()
  const me = useStore(model.me)
  if (me === null) return null
  if (me.user === null)
    return (
      <span class="person quiet" title={t('user.nobodyNote')}>
        {t('user.nobody')}
      </span>
    )
  const leave = () =>
    signOut().then(
      () => go({ kind: 'sites' }),
      // Without a server the session lives on, and the page goes on saying so.
      () => undefined,
    )
  return (
    <span class="person">
      <Link to={{ kind: 'me' }} class="person-name">
        <b>{me.user.name}</b>
        <small>
          {me.user.department} · {t(`role.${me.user.role}`)}
        </small>
      </Link>
      <button type="button" class="plain" onClick={leave}>
        {t('user.signOut')}
      </button>
    </span>
  )
}
