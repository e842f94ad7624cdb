using System.Security.Cryptography;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Tarn.Core;
using Tarn.Registry;
using Tarn.Serving;

namespace Tarn;

/// <summary>Adds serving to a host's services.</summary>
internal static class ServingHosting
{
    public static void Add(IServiceCollection services, HostPlan plan, ServingPlan serving, HostInfo info)
    {
        services.AddSingleton(serving);
        services.AddSingleton(plan);
        services.AddSingleton<ServingParts>();
        services.AddSingleton(static s => s.GetRequiredService<ServingParts>().Book);
        services.AddSingleton(static s => s.GetRequiredService<ServingParts>().Stats);
        services.AddSingleton(static s => s.GetRequiredService<ServingParts>().Rollouts);
        services.AddSingleton(s => new RemoteModels(
            serving.Remotes, s.GetRequiredService<TimeProvider>(), s.GetRequiredService<ILoggerFactory>(), BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(8))));
        services.AddSingleton(static s => new EndpointVersions(
            s.GetRequiredService<EndpointBook>(), s.GetRequiredService<ModelRegistry>(), s.GetService<ModelServer>(), s.GetRequiredService<RemoteModels>()));
        services.AddSingleton(static s => new EndpointReader(s.GetRequiredService<EndpointStats>(), s.GetRequiredService<ModelRegistry>(), s.GetService<ModelServer>(), s.GetRequiredService<RemoteModels>()));
        services.AddSingleton<PredictionTail>();
        if (!info.IsServer)
        {
            return;
        }

        services.AddSingleton(static s => s.GetRequiredService<ServingParts>().Predictions);
        services.AddSingleton(static s => s.GetRequiredService<ServingParts>().Feedback);
        services.AddSingleton(static s => s.GetRequiredService<ServingParts>().CreateModelServer());
        services.AddSingleton(serving.Fetch);
        services.AddSingleton(serving.AccessLog);
        services.AddSingleton(new ServingInfo(info.Version, BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(8)), Environment.ProcessorCount));
        services.AddServing(serving.Predictions.KeepInputs);
        services.AddHostedService<ServingService>();
    }
}
