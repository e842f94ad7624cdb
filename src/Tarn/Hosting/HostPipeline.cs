using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Tarn.Console;

namespace Tarn;

/// <summary>What a request goes through, and where it can go.</summary>
internal static class HostPipeline
{
    public static void Map(WebApplication app, HostPlan plan)
    {
        app.Use(static (http, next) =>
        {
            SecurityHeaders.Set(http.Response.Headers);
            return LocalGuard.Refuse(http.Request) is { } refused ? Problems.WriteAsync(http, refused) : next(http);
        });
        app.UseMiddleware<ProblemMiddleware>();
        app.UseWhen(static http => !IsApi(http.Request.Path), static branch => branch.UseConsole(Path.Combine(AppContext.BaseDirectory, "console")));
        app.UseRouting();
        StatusApi.Map(app);
        MlflowApi.Map(app);
        var api = app.MapGroup("/api/v1");
        PipelinesApi.Map(api);
        RunsApi.Map(api);
        BackfillsApi.Map(api);
        NodesApi.Map(api);
        TablesApi.Map(api);
        QueryApi.Map(api);
        DatasetsApi.Map(api);
        TopicsApi.Map(api);
        SinksApi.Map(api);
        TrackingApi.Map(api);
        ModelsApi.Map(api);
        PredictApi.Map(api);
        AlertsApi.Map(api);
        BackbonesApi.Map(api);
        EventsApi.Map(api);
        foreach (var own in plan.Apis)
        {
            own.Map(api.MapGroup(own.Prefix).WithTags(own.Prefix));
        }

        app.MapOpenApi("/openapi/v1.json");
    }

    private static bool IsApi(PathString path) =>
        path.StartsWithSegments("/api") || path.StartsWithSegments("/health") || path.StartsWithSegments("/openapi") || path.StartsWithSegments("/metrics");
}
