using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Tarn.Contracts;

namespace Tarn.Pipelines.Tests;

/// <summary>The suite on the executor of this process.</summary>
public sealed class InProcessExecutorTests : TaskExecutorContract, IDisposable
{
    private readonly ServiceProvider _services = ExecutorProgram.Services();

    protected override TaskExecutor Executor => new InProcessExecutor(
        _services.GetRequiredService<PipelineCatalog>(),
        _services.GetRequiredService<IServiceScopeFactory>(),
        _services.GetRequiredService<ILoggerFactory>(),
        TaskScheduler.Default,
        TimeProvider.System);

    public void Dispose() => _services.Dispose();
}
