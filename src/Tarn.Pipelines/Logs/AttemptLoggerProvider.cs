using Microsoft.Extensions.Logging;

namespace Tarn.Pipelines;

/// <summary>Gives every logger of the program a second end: what is logged while a task's code runs is stored with its attempt.</summary>
[ProviderAlias("PipelineRuns")]
internal sealed class AttemptLoggerProvider : ILoggerProvider
{
    public ILogger CreateLogger(string categoryName) => throw new NotImplementedException();

    public void Dispose()
    {
    }
}
