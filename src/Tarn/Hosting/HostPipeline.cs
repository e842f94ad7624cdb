using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Tarn.Console;
using Tarn.Serving;

namespace Tarn;

/// <summary>What a request goes through, and where it can go.</summary>
internal static class HostPipeline
{
    public static void Map(WebApplication app, HostPlan plan)
    {
        var guard = app.Services.GetRequiredService<LocalGuard>();
        app.Use((http, next) =>
        {
            if (!ServingGrpc.IsCall(http.Request))
            {
                SecurityHeaders.Set(http.Response);
            }

            return guard.Refuse(http.Request) is { } refused ? Refusals.AnswerAsync(http, refused) : next(http);
        });

        // The console's files hold no data, and whoever logs in needs them first.
        app.UseWhen(static http => !AccessRules.IsApi(http.Request.Path.Value), static branch =>
        {
            branch.UseMiddleware<ProblemMiddleware>();
            branch.UseConsole(Path.Combine(AppContext.BaseDirectory, "console"));
        });
        app.UseMiddleware<SecurityGate>();
        app.Use(app.Services.GetRequiredService<ConnectionMemory>().InvokeAsync);
        if (app.Services.GetRequiredService<HostInfo>().IsServer)
        {
            if (app.Services.GetRequiredService<ServingPlan>().HasGrpc)
            {
                var most = (int)Math.Min(app.Services.GetRequiredService<SecurityPlan>().Options.MaxPredictionBytes, 2_000_000_000);
                app.UseServingGrpc(maxMessageBytes: most, access: app.Services.GetRequiredService<GrpcAccess>().Lacks);
            }

            app.UseServing();
        }

        app.UseMiddleware<ProblemMiddleware>();
        app.UseRouting();
        StatusApi.Map(app);
        MetricsApi.Map(app);
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
        EndpointsApi.Map(api);
        RolloutsApi.Map(api);
        ServedModelsApi.Map(api);
        AlertsApi.Map(api);
        BackbonesApi.Map(api);
        EventsApi.Map(api);
        KeysApi.Map(api);
        SessionApi.Map(api);
        AuditApi.Map(api);
        foreach (var own in plan.Apis)
        {
            own.Map(api.MapGroup(own.Prefix).WithTags(own.Prefix));
        }

        app.MapOpenApi("/openapi/v1.json");
    }
}
