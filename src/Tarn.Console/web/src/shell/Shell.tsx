import { useEffect, useRef, useState, type ReactNode } from "react";
import { Link, useLocation } from "wouter";
import { useStatus } from "../api/queries";
import { Account } from "../session/Account";
import { useSession } from "../session/session";
import { systemPages } from "../systems";
import { StateMark } from "../ui/State";
import { Connection } from "./Connection";
import { Notices } from "./Notices";
import { Preferences } from "./Preferences";
import styles from "./Shell.module.css";

const platform = [
  { href: "/", text: "Overview" },
  { href: "/pipelines", text: "Pipelines" },
  { href: "/tables", text: "Tables" },
  { href: "/topics", text: "Topics" },
  { href: "/datasets", text: "Datasets" },
  { href: "/experiments", text: "Experiments" },
  { href: "/models", text: "Models" },
  { href: "/endpoints", text: "Endpoints" },
  { href: "/nodes", text: "Nodes" },
];

/** What lies beneath a page by another address: runs belong to the pipelines, training runs to the experiments, remote clusters to the endpoints. */
const beneath: Record<string, string> = { "/pipelines": "/runs", "/experiments": "/training-runs", "/endpoints": "/remotes" };

/** Whether a place is the page of a link or lies beneath it. */
export const isUnder = (location: string, href: string): boolean =>
  href === "/" ? location === "/" : location === href || location.startsWith(`${href}/`) || (beneath[href] !== undefined && location.startsWith(beneath[href]));

function NavLink({ href, children }: { href: string; children: ReactNode }): ReactNode {
  const [location] = useLocation();
  const current = isUnder(location, href);
  return (
    <li>
      <Link href={href} className={styles.link} aria-current={current ? "page" : undefined}>
        {children}
      </Link>
    </li>
  );
}

function Systems(): ReactNode {
  const status = useStatus().data;
  const listed = systemPages.flatMap((page) => {
    const system = status?.systems.find((one) => one.path === page.path);
    return status !== undefined && system === undefined ? [] : [{ page, system }];
  });
  if (listed.length === 0) return null;
  return (
    <>
      <p className={styles.group} id="nav-systems">
        Systems
      </p>
      <ul aria-labelledby="nav-systems">
        {listed.map(({ page, system }) => (
          <NavLink key={page.path} href={page.path}>
            {system?.title ?? page.name}
            {system !== undefined && system.state !== "ok" && <StateMark state={system.state} label />}
          </NavLink>
        ))}
      </ul>
    </>
  );
}

const settings = [
  { href: "/settings/keys", text: "Keys" },
  { href: "/settings/audit", text: "Audit log" },
];

/** What admins alone may see. */
function Settings(): ReactNode {
  if (useSession().data?.role !== "admin") return null;
  return (
    <>
      <p className={styles.group} id="nav-settings">
        Settings
      </p>
      <ul aria-labelledby="nav-settings">
        {settings.map((link) => (
          <NavLink key={link.href} href={link.href}>
            {link.text}
          </NavLink>
        ))}
      </ul>
    </>
  );
}

/** What surrounds every page: the rail with the ways to go, the notices, the place for the page itself. */
export function Shell({ children }: { children: ReactNode }): ReactNode {
  const [open, setOpen] = useState(false);
  const [location] = useLocation();
  const main = useRef<HTMLElement>(null);
  const first = useRef(true);

  useEffect(() => {
    setOpen(false);
    if (first.current) {
      first.current = false;
      return;
    }
    // A new page starts at its top, and the keyboard with it.
    window.scrollTo(0, 0);
    main.current?.focus({ preventScroll: true });
  }, [location]);

  return (
    <div className={styles.shell}>
      <a className={styles.skip} href="#main">
        Skip to content
      </a>
      <header className={styles.rail}>
        <svg className={styles.contours} viewBox="0 0 212 300" preserveAspectRatio="xMidYMax slice" aria-hidden>
          {[0, 1, 2, 3, 4, 5].map((ring) => (
            <path
              key={ring}
              transform={`translate(${106 - 106 * (1.25 - ring * 0.2)} ${300 - 190 * (1.25 - ring * 0.2)}) scale(${1.25 - ring * 0.2})`}
              d="M12 168C-6 118 34 92 58 66s44-52 86-40 60 52 56 92-20 66-62 76-108 24-126-26z"
            />
          ))}
        </svg>
        <div className={styles.brand}>
          <Link href="/" className={styles.logo} aria-label="Tarn, overview">
            <svg viewBox="0 0 32 26" width="27" height="22" aria-hidden>
              <path d="M1 13 11 1l6 8 3.500-4.500L31 13z" fill="#9fd3cf" />
              <path d="M1 15h30c-2 6-7 10-15 10S3 21 1 15z" fill="#3fa7a3" />
              <path d="M8 18.500h16M12 21.500h8" stroke="#123840" strokeWidth="1.200" strokeLinecap="round" />
            </svg>
            <span>tarn</span>
          </Link>
          <button type="button" className={styles.menu} aria-expanded={open} aria-controls="nav" onClick={() => setOpen(!open)}>
            <svg viewBox="0 0 20 20" width="20" height="20" aria-hidden>
              <path d={open ? "M5 5l10 10M15 5 5 15" : "M3 6h14M3 10h14M3 14h14"} stroke="currentColor" strokeWidth="1.800" strokeLinecap="round" />
            </svg>
            Menu
          </button>
        </div>
        <div id="nav" className={styles.drawer} data-open={open}>
          <nav aria-label="Main">
            <ul>
              {platform.map((link) => (
                <NavLink key={link.href} href={link.href}>
                  {link.text}
                </NavLink>
              ))}
            </ul>
            <Systems />
            <Settings />
          </nav>
          <div className={styles.foot}>
            <Account />
            <Preferences />
            <Connection />
          </div>
        </div>
      </header>
      <div className={styles.stage}>
        <Notices />
        <main id="main" ref={main} tabIndex={-1} className={styles.main}>
          {children}
        </main>
      </div>
    </div>
  );
}
