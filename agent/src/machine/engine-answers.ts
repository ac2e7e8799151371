export interface ImageFacts {
  id: string;
  bytes: number;
  /** As in `amd64`. */
  arch: string;
  /** Paths that it declares to be volumes. */
  volumes: string[];
  /** It brings a health check of its own. */
  checksHealth: boolean;
  /** Where it looks for programs. */
  path: string[];
}

/** A port of the server that a running container has. */
export interface TakenPort {
  container: string;
  project: string;
  ip: string;
  port: number;
  protocol: string;
}

/** From where Docker takes the addresses of new networks, and which are taken; all as in `172.18.0.0/16`. */
export interface AddressSpace {
  pools: { base: string; size: number }[];
  taken: string[];
}

/** What the engine can say before anything happens. It changes nothing. */
export interface EngineFacts {
  /** The processor that its containers run on, as in `amd64`. */
  arch(): Promise<string>;
  /** Those images that are here, by the name they were asked for. */
  imageFacts(names: readonly string[]): Promise<Map<string, ImageFacts>>;
  /** Which of these files an image has, by its id; links lead where they lead in a container. */
  filesInImage(imageId: string, paths: readonly string[]): Promise<ReadonlySet<string>>;
  /** What a registry has under a name; undefined where it does not say so in a moment. */
  published(image: string): Promise<{ digest: string; architectures: string[] } | undefined>;
  /** Those volumes that are there, and whether anything is in them. */
  volumeFacts(names: readonly string[]): Promise<Map<string, { empty: boolean }>>;
  takenPorts(): Promise<TakenPort[]>;
  addressSpace(): Promise<AddressSpace>;
}
