using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using Tarn.Core;
using Tarn.Pipelines;
using Tarn.Serving;

namespace Tarn;

/// <summary>Metrics and traces on their way to a collector, by OpenTelemetry's own packages. Disposing of it sends what is left, within two seconds.</summary>
internal sealed class OtlpExport : IDisposable
{
    private const int LastMilliseconds = 2000;

    private readonly TracerProvider _traces;
    private readonly MeterProvider _metrics;

    public OtlpExport(string service, OtlpSettings settings, HostInfo info, IdSource ids)
    {
        var resource = ResourceBuilder.CreateEmpty().AddService(service, serviceVersion: info.Version, autoGenerateServiceInstanceId: false, serviceInstanceId: ids.NewGuid().ToString("D")).AddTelemetrySdk();
        _traces = Sdk.CreateTracerProviderBuilder()
            .SetResourceBuilder(resource)
            .SetSampler(new ParentBasedSampler(new TraceIdRatioBasedSampler(settings.TraceRatio)))
            .AddSource("Microsoft.AspNetCore", ServingTelemetry.Name, PipelineTelemetry.Name)
            .AddOtlpExporter(options => Fill(options, settings, "traces"))
            .Build();
        _metrics = Sdk.CreateMeterProviderBuilder()
            .SetResourceBuilder(resource)
            .AddMeter("Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Runtime", ServingTelemetry.Name, PipelineTelemetry.Name)
            .AddOtlpExporter((options, reader) =>
            {
                Fill(options, settings, "metrics");
                reader.PeriodicExportingMetricReaderOptions.ExportIntervalMilliseconds = (int)settings.MetricInterval.TotalMilliseconds;
            })
            .Build();
    }

    public void Dispose()
    {
        _traces.Shutdown(LastMilliseconds);
        _metrics.Shutdown(LastMilliseconds);
        _traces.Dispose();
        _metrics.Dispose();
    }

    private static void Fill(OtlpExporterOptions options, OtlpSettings settings, string signal)
    {
        options.Endpoint = settings.Address(signal);
        options.Protocol = settings.IsGrpc ? OtlpExportProtocol.Grpc : OtlpExportProtocol.HttpProtobuf;
        options.TimeoutMilliseconds = LastMilliseconds;
        if (settings.Headers.Length > 0)
        {
            options.Headers = settings.Headers;
        }
    }
}
