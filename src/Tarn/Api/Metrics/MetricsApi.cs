using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Tarn.Serving;

namespace Tarn;

/// <summary>The page of metrics, <c>/metrics</c>: of a server, unless <c>Telemetry:Metrics</c> is false.</summary>
internal static class MetricsApi
{
    public static void Map(WebApplication app)
    {
        if (!app.Services.GetRequiredService<HostInfo>().IsServer || !app.Services.GetRequiredService<TelemetryPlan>().HasPage)
        {
            return;
        }

        // What it has is counted from here on, not from the first look at it.
        var page = app.Services.GetRequiredService<MetricsPage>();
        app.MapGet("/metrics", page.SendAsync)
            .WithTags("metrics").WithSummary("All metrics, in Prometheus's text format or in OpenMetrics.");
    }
}
