using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Tarn.Pipelines;

/// <summary>What the parts of the executor share.</summary>
internal sealed class ExecutionServices(
    StateWriter state,
    LogBuffer logs,
    IServiceProvider services,
    OrchestratorOptions options,
    TimeProvider time,
    ILoggerFactory loggers,
    Action<AttemptChanged> attemptChanged)
{
    private readonly ConcurrentDictionary<string, SlotPool> _pools = new(StringComparer.Ordinal);

    public StateWriter State => state;

    public LogBuffer Logs => logs;

    public OrchestratorOptions Options => options;

    public TimeProvider Time => time;

    public ILogger Logger { get; } = loggers.CreateLogger("Tarn.Pipelines");

    public IServiceScopeFactory Scopes { get; } = services.GetRequiredService<IServiceScopeFactory>();

    /// <summary>Raised after an attempt's change is stored.</summary>
    public Action<AttemptChanged> AttemptChanged => attemptChanged;

    public SlotPool Pool(string name) => _pools.GetOrAdd(name, static (pool, options) => new SlotPool(options.SlotsOf(pool)), options);

    public ILogger TaskLogger(string pipeline, string task) => loggers.CreateLogger($"Tarn.Pipelines.Tasks.{pipeline}.{task}");
}
