using System.Runtime.CompilerServices;
using Microsoft.Extensions.Hosting;
using Tarn.Core;

namespace Tarn;

/// <summary>Sends metrics and traces while the server runs, where the configuration says where to. Without that, no assembly of OpenTelemetry is loaded.</summary>
internal sealed class TelemetryService(TelemetryPlan plan, HostInfo info, IdSource ids) : IHostedService
{
    private IDisposable? _export;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (plan.Otlp is not null)
        {
            _export = Start();
        }

        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        // What is left is sent, which can take its time where nobody answers: not on a thread that others wait for.
        var export = Interlocked.Exchange(ref _export, null);
        return export is null ? Task.CompletedTask : Task.Run(export.Dispose, CancellationToken.None).WaitAsync(cancellationToken);
    }

    // Not inlined: what it names is loaded as it is called.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private OtlpExport Start() => new(plan.ServiceName, plan.Otlp!, info, ids);
}
