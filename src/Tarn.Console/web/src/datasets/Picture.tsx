import { useState, type ReactNode } from "react";
import styles from "./Datasets.module.css";
import { thumbnail } from "./words";

/** A picture of a file by its hash; where there is none, or none can be made, its place says so. */
export function Picture({ dataset, sha256, version, size, alt, className = "" }: {
  dataset: string;
  sha256: string | null | undefined;
  version?: string | null;
  /** The pixels asked for: twice the place that it has, for sharp screens. */
  size: number;
  alt: string;
  className?: string;
}): ReactNode {
  const [missing, setMissing] = useState(false);
  if (!sha256 || missing) {
    return (
      <span className={`${styles.picture} ${className}`} data-missing role="img" aria-label={`No picture${alt === "" ? "" : ` of ${alt}`}`}>
        no picture
      </span>
    );
  }
  return <img className={`${styles.picture} ${className}`} src={thumbnail(dataset, sha256, size, version)} alt={alt} loading="lazy" decoding="async" onError={() => setMissing(true)} />;
}
