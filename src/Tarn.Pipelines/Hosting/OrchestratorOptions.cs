using Tarn.Core;

namespace Tarn.Pipelines;

/// <summary>Settings of the orchestrator; configuration section <c>Pipelines</c>.</summary>
public sealed class OrchestratorOptions
{
    /// <summary>Slots by pool name; 1 to 10,000 each. A pool that is not named here has one slot.</summary>
    public Dictionary<string, int> Pools { get; } = new(StringComparer.Ordinal);

    /// <summary>Slots of the pool of tasks that name none: how many of those run at a time; 1 to 10,000, default 32.</summary>
    public int DefaultPoolSlots { get; set; } = 32;

    /// <summary>
    /// So many of a pipeline's newest successful runs are kept with their attempts and logs; older ones are details whose outcome stays in the states of its intervals;
    /// 0 to 100,000, default 500.
    /// </summary>
    public int RunsKept { get; set; } = 500;

    /// <summary>Successful runs that ended longer ago than this are forgotten, but for a pipeline's last 20 runs; at least a minute, default 90 days. So are ended backfills.</summary>
    public TimeSpan RunRetention { get; set; } = TimeSpan.FromDays(90);

    /// <summary>So many of a pipeline's newest failed and cancelled runs are kept; 0 to 100,000, default 2,000.</summary>
    public int FailedRunsKept { get; set; } = 2000;

    /// <summary>Failed and cancelled runs that ended longer ago than this are forgotten, but for a pipeline's last 20 runs; at least a minute, default 365 days.</summary>
    public TimeSpan FailedRunRetention { get; set; } = TimeSpan.FromDays(365);

    /// <summary>Log lines older than this are forgotten; at least a minute, default 30 days.</summary>
    public TimeSpan LogRetention { get; set; } = TimeSpan.FromDays(30);

    /// <summary>How many lines of one attempt are kept; further ones are counted and dropped; 1 to 1,000,000, default 10,000.</summary>
    public int LogLinesPerAttempt { get; set; } = 10_000;

    /// <summary>How long a stopping process waits for running code that was asked to stop; up to an hour, default 10 seconds.</summary>
    public TimeSpan StopGrace { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long the process of a child-process attempt may go on after its code was told to stop, before it is killed; up to an hour, default 10 seconds. Where several nodes share the state, a quarter
    /// of <see cref="NodeLease"/> at most: a node that was cut off stops at two thirds of it, and the attempt may run elsewhere when it is over.
    /// </summary>
    public TimeSpan ChildProcessGrace { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>The grace that holds: <see cref="ChildProcessGrace"/>, and where several nodes share the state, a quarter of <see cref="NodeLease"/> at most.</summary>
    /// <param name="shared">Whether several nodes share the state.</param>
    public TimeSpan ChildProcessGraceFor(bool shared) => shared && ChildProcessGrace > NodeLease / 4 ? NodeLease / 4 : ChildProcessGrace;

    /// <summary>
    /// A task whose process ended during so many of its attempts in a row fails instead of being tried again, lest it take the
    /// process down for ever; 1 to 100,000, default 100.
    /// </summary>
    public int OrphanedAttemptsLimit { get; set; } = 100;

    /// <summary>The most items of a mapped task; more of them fail it; 1 to 100,000, default 10,000.</summary>
    public int MappedItemsLimit { get; set; } = 10_000;

    /// <summary>How often tables and topics that pipelines watch are looked at for commits of other processes; 100 ms to an hour, default 10 seconds. Those of this process are seen at once.</summary>
    public TimeSpan SourcePoll { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>A repair waits until so long nothing further has touched its intervals, so that a burst of commits gives one; zero to an hour, default 5 seconds.</summary>
    public TimeSpan RepairSettling { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>A repair waits no longer than this for its table to be quiet; zero to a day, default 1 minute.</summary>
    public TimeSpan RepairSettlingLimit { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>The seed of the retry delays' jitter: the same seed, run, task and attempt give the same delay. Default 0.</summary>
    public int JitterSeed { get; set; }

    /// <summary>
    /// The name of this process among the nodes that share a metadata store; default an id of its own. Only one process at a time may have a name: one that comes takes the place of the one that
    /// had it. The program sets it to the machine and the data directory, which is locked.
    /// </summary>
    public string? NodeName { get; set; }

    /// <summary>Where several nodes share a metadata store: how many attempts this one runs at a time; 1 to 10,000, default 32.</summary>
    public int NodeSlots { get; set; } = 32;

    /// <summary>
    /// Where several nodes share a metadata store: a node that has not renewed its lease for so long is declared gone, and its work is done by others; it stops its own work at two thirds of that time.
    /// A second to an hour, default 30 seconds.
    /// </summary>
    public TimeSpan NodeLease { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Where several nodes share a metadata store: how often each looks for work although none was signalled; 10 ms to a minute, default 2 seconds.</summary>
    public TimeSpan NodePoll { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>Whether several nodes share the store; as the store says, but for tests.</summary>
    internal bool? Shared { get; set; }

    /// <summary>Where task code is run; the thread pool, but for simulations, which run it in a fixed order.</summary>
    internal TaskScheduler CodeScheduler { get; set; } = TaskScheduler.Default;

    /// <summary>Where so many pipelines will be due at the same moment, their runs are prepared before it.</summary>
    internal int PreparedTogether { get; set; } = 32;

    /// <summary>The slots of a pool.</summary>
    public int SlotsOf(string pool) =>
        pool == TaskDefinition.DefaultPool ? DefaultPoolSlots : Pools.GetValueOrDefault(pool, 1);

    /// <summary>Checks all settings.</summary>
    /// <exception cref="TarnException">At least one is out of its range: the message has all.</exception>
    public void Validate()
    {
        var errors = Errors().ToList();
        if (errors.Count > 0)
        {
            throw TarnException.InvalidInput($"The settings of the orchestrator have {errors.Count} error(s): {string.Join("; ", errors)}.", null);
        }
    }

    /// <summary>What is wrong with the settings, each with key, value and rule; empty where nothing is.</summary>
    public IEnumerable<string> Errors()
    {
        foreach (var (pool, slots) in Pools.Append(new KeyValuePair<string, int>(TaskDefinition.DefaultPool, DefaultPoolSlots)))
        {
            if (slots is < 1 or > 10_000)
            {
                yield return $"Pipelines:Pools:{pool} is {slots}; a pool has 1 to 10,000 slots";
            }
        }

        if (RunRetention < TimeSpan.FromMinutes(1))
        {
            yield return $"Pipelines:RunRetention is {RunRetention}; it is at least a minute";
        }

        if (FailedRunRetention < TimeSpan.FromMinutes(1))
        {
            yield return $"Pipelines:FailedRunRetention is {FailedRunRetention}; it is at least a minute";
        }

        if (LogRetention < TimeSpan.FromMinutes(1))
        {
            yield return $"Pipelines:LogRetention is {LogRetention}; it is at least a minute";
        }

        if (RunsKept is < 0 or > 100_000)
        {
            yield return $"Pipelines:RunsKept is {RunsKept}; it is 0 to 100,000";
        }

        if (FailedRunsKept is < 0 or > 100_000)
        {
            yield return $"Pipelines:FailedRunsKept is {FailedRunsKept}; it is 0 to 100,000";
        }

        if (LogLinesPerAttempt is < 1 or > 1_000_000)
        {
            yield return $"Pipelines:LogLinesPerAttempt is {LogLinesPerAttempt}; it is 1 to 1,000,000";
        }

        if (StopGrace < TimeSpan.Zero || StopGrace > TimeSpan.FromHours(1))
        {
            yield return $"Pipelines:StopGrace is {StopGrace}; it is zero to an hour";
        }

        if (ChildProcessGrace < TimeSpan.Zero || ChildProcessGrace > TimeSpan.FromHours(1))
        {
            yield return $"Pipelines:ChildProcessGrace is {ChildProcessGrace}; it is zero to an hour";
        }

        if (SourcePoll < TimeSpan.FromMilliseconds(100) || SourcePoll > TimeSpan.FromHours(1))
        {
            yield return $"Pipelines:SourcePoll is {SourcePoll}; it is 100 ms to an hour";
        }

        if (RepairSettling < TimeSpan.Zero || RepairSettling > TimeSpan.FromHours(1))
        {
            yield return $"Pipelines:RepairSettling is {RepairSettling}; it is zero to an hour";
        }

        if (RepairSettlingLimit < TimeSpan.Zero || RepairSettlingLimit > TimeSpan.FromDays(1))
        {
            yield return $"Pipelines:RepairSettlingLimit is {RepairSettlingLimit}; it is zero to a day";
        }

        if (NodeSlots is < 1 or > 10_000)
        {
            yield return $"Pipelines:NodeSlots is {NodeSlots}; it is 1 to 10,000";
        }

        if (NodeLease < TimeSpan.FromSeconds(1) || NodeLease > TimeSpan.FromHours(1))
        {
            yield return $"Pipelines:NodeLease is {NodeLease}; it is a second to an hour";
        }

        if (NodePoll < TimeSpan.FromMilliseconds(10) || NodePoll > TimeSpan.FromMinutes(1))
        {
            yield return $"Pipelines:NodePoll is {NodePoll}; it is 10 ms to a minute";
        }

        if (MappedItemsLimit is < 1 or > 100_000)
        {
            yield return $"Pipelines:MappedItemsLimit is {MappedItemsLimit}; it is 1 to 100,000";
        }

        if (OrphanedAttemptsLimit is < 1 or > 100_000)
        {
            yield return $"Pipelines:OrphanedAttemptsLimit is {OrphanedAttemptsLimit}; it is 1 to 100,000";
        }
    }
}
