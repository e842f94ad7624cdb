using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Tarn.Contracts;
using Tarn.Core;

namespace Tarn.Pipelines.Tests;

/// <summary>
/// A process with an orchestrator, a store and a clock of its own, all on the test's thread. It can be stopped, killed at any step, and
/// started again on the same store: a file of SQLite's, or where it is given one, a database in PostgreSQL, on which it is a node.
/// </summary>
internal sealed class PipelineWorld : IDisposable
{
    private readonly WorldStore _at;
    private readonly int _seed;
    private int _incarnation;
    private CancellationTokenSource _stopScheduler = new();
    private Task _scheduler = Task.CompletedTask;

    public PipelineWorld(int seed = 1, DateTimeOffset? start = null, WorldStore? store = null)
    {
        _seed = seed;
        _at = store ?? new SqliteWorldStore();
        Time = new ManualTimeProvider(start ?? new DateTimeOffset(2026, 3, 2, 10, 2, 0, TimeSpan.Zero));
        Context = new StepContext(seed);

        // In half of the seeds the runs of a moment are prepared however few they are.
        Options.PreparedTogether = seed % 2 == 0 ? 1 : Options.PreparedTogether;
        Services = new ServiceCollection().AddSingleton(this).AddLogging(b => b.AddFilter(typeof(PipelineScheduler).FullName, LogLevel.Debug).AddProvider(Log).AddProvider(new AttemptLoggerProvider()));
    }

    public ManualTimeProvider Time { get; private set; }

    public StepContext Context { get; private set; }

    public IServiceCollection Services { get; }

    public RecordingLoggerProvider Log { get; } = new();

    /// <summary>Settings. As a node it renews its lease and polls as seldom as may be: it hears of everything by signals, and time that passes costs the fewer statements.</summary>
    public OrchestratorOptions Options { get; } = new() { NodeName = "world", NodeLease = TimeSpan.FromHours(1), NodePoll = TimeSpan.FromMinutes(1) };

    public MetadataStore Store { get; private set; } = null!;

    public Orchestrator Orchestrator { get; private set; } = null!;

    public PipelineScheduler Scheduler { get; private set; } = null!;

    public List<RunChanged> RunChanges { get; } = [];

    public List<AttemptChanged> AttemptChanges { get; } = [];

    public string StorePath => _at.Path;

    /// <summary>Whether it is a node on a store that others could share.</summary>
    public bool IsShared => _at.IsShared;

    /// <summary>Starts a process with these pipelines.</summary>
    public void Start(IEnumerable<PipelineDefinition> pipelines, bool scheduler = false, Action<MetadataStore>? prepare = null)
    {
        var provider = Services.BuildServiceProvider();
        var loggers = provider.GetRequiredService<ILoggerFactory>();
        Context.Within(() =>
        {
            Options.CodeScheduler = TaskScheduler.FromCurrentSynchronizationContext();
            Store = _at.Open(Time, loggers);
        });
        prepare?.Invoke(Store);
        Orchestrator = new Orchestrator(
            new PipelineCatalog(pipelines), Store, provider, Options, Time, IdSource.CreateSeeded(Time, _seed + (1000 * _incarnation)), loggers);
        Orchestrator.RunChanged += RunChanges.Add;
        Orchestrator.AttemptChanged += AttemptChanges.Add;
        TryAwait(() => Orchestrator.StartAsync());
        if (IsShared && !Context.Dead)
        {
            // It leads.
            Idle();
        }

        if (scheduler && !Context.Dead)
        {
            StartScheduler(loggers);
        }
    }

    public void Start(params PipelineDefinition[] pipelines) => Start(pipelines, scheduler: false);

    /// <summary>Starts a process that is one pipeline.</summary>
    public void Start(string name, Action<PipelineBuilder> configure, bool scheduler = false) => Start([Build(name, configure)], scheduler);

    public static PipelineDefinition Build(string name, Action<PipelineBuilder> configure)
    {
        var builder = new PipelineBuilder(name);
        configure(builder);
        return builder.Build();
    }

    /// <summary>Makes a step, and waits for the store where only that can bring one; false where there is none to make.</summary>
    public bool Step() => Context.Step() || (_at.Settle(Context) && Context.Step());

    /// <summary>Runs everything that can run without time passing.</summary>
    public void Idle()
    {
        while (Step())
        {
        }
    }

    /// <summary>Runs what comes from elsewhere, such as answers of the network, until something holds: for a minute of real time at most.</summary>
    public void IdleUntil(Func<bool> holds)
    {
        for (var started = Environment.TickCount64; !holds(); Context.WaitForStep(TimeSpan.FromMilliseconds(20)))
        {
            if (Environment.TickCount64 - started > 60_000)
            {
                throw new TimeoutException("What is waited for does not come.");
            }

            Idle();
        }
    }

    /// <summary>Calls code in this world and runs the world until its task has ended.</summary>
    public T Await<T>(Func<Task<T>> call)
    {
        var task = TryAwait(call);
        return task.IsCompleted ? task.GetAwaiter().GetResult() : throw new InvalidOperationException("The world stands still before the call has ended.");
    }

    public void Await(Func<Task> call) => Await(async () =>
    {
        await call();
        return true;
    });

    /// <summary>Lets time pass, timer by timer, and runs what each sets off.</summary>
    public void Advance(TimeSpan time)
    {
        Idle();
        var end = Time.GetTimestamp() + time.Ticks;
        while (!Context.Dead && Time.UntilNextTimer is { } next && Time.GetTimestamp() + next.Ticks <= end)
        {
            Context.Within(() => Time.Advance(next));
            Idle();
        }

        if (!Context.Dead)
        {
            Context.Within(() => Time.Advance(TimeSpan.FromTicks(end - Time.GetTimestamp())));
            Idle();
        }
    }

    /// <summary>Triggers a run and lets time pass, at most a day, until it has ended.</summary>
    public RunDetails Run(string pipeline, DateTimeOffset? logicalDate = null)
    {
        var run = Await(() => Orchestrator.TriggerAsync(pipeline, logicalDate));
        return Finish(run.Id);
    }

    /// <summary>Lets time pass, at most a day, until a run has ended.</summary>
    public RunDetails Finish(string runId)
    {
        Idle();
        var end = Time.GetUtcNow().AddDays(1);
        while (true)
        {
            var details = Details(runId);
            if (details.Run.HasEnded || Time.GetUtcNow() > end)
            {
                return details;
            }

            Advance(Time.UntilNextTimer ?? TimeSpan.FromDays(2));
        }
    }

    public RunDetails Details(string runId) => Await(() => Orchestrator.GetRunAsync(runId));

    public IReadOnlyList<RunSummary> Runs(RunFilter? filter = null) => Await(() => Orchestrator.ListRunsAsync(filter ?? new RunFilter { Limit = 1000 }));

    /// <summary>Ends the process in an orderly way.</summary>
    public void Stop()
    {
        Context.Within(_stopScheduler.Cancel);
        TryAwait(() => Orchestrator.StopAsync());
        Idle();
        if (Context.Dead)
        {
            _at.Kill();
        }
        else
        {
            _at.Close();
        }

        NextIncarnation();
    }

    /// <summary>Ends the process as <c>kill -9</c> does: nothing further of it runs.</summary>
    public void Kill()
    {
        Context.Die();
        _at.Kill();
        NextIncarnation();
    }

    public void Dispose()
    {
        Context.Die();
        _at.Dispose();
    }

    public Task TryAwait(Func<Task> call) => TryAwait(async () =>
    {
        await call();
        return true;
    });

    private Task<T> TryAwait<T>(Func<Task<T>> call)
    {
        Task<T>? task = null;
        Context.Within(() => task = call());
        while (!task!.IsCompleted && Step())
        {
        }

        if (task.IsFaulted)
        {
            task.GetAwaiter().GetResult();
        }

        return task;
    }

    private void StartScheduler(ILoggerFactory loggers)
    {
        _stopScheduler = new CancellationTokenSource();
        Scheduler = new PipelineScheduler(Orchestrator, Time, loggers.CreateLogger<PipelineScheduler>());
        Context.Within(() => _scheduler = Scheduler.RunAsync(_stopScheduler.Token));
        Idle();
    }

    private void NextIncarnation()
    {
        _incarnation++;
        Time = new ManualTimeProvider(Time.GetUtcNow());
        Context = new StepContext(_seed + _incarnation);
        RunChanges.Clear();
        AttemptChanges.Clear();
    }
}
