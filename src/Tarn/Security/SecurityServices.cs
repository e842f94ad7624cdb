using Microsoft.Extensions.DependencyInjection;
using Tarn.Core;

namespace Tarn;

/// <summary>The services of the capability.</summary>
internal static class SecurityServices
{
    private const string PlainNotice = "security.plain";
    private const string EmptyNotice = "security.empty";

    public static void Add(IServiceCollection services, SecurityPlan plan)
    {
        services.AddSingleton(plan);
        services.AddSingleton(new HostNames(plan.IsRequired, plan.Options.Hosts));
        services.AddSingleton<LocalGuard>();
        services.AddSingleton<SecurityJournal>();
        services.AddSingleton<KeyUsage>();
        services.AddSingleton(s => new Callers(
            s.GetRequiredService<MetadataStore>(),
            plan.TokenKeys is { } keys ? new JwtVerifier(plan.Jwt, keys, s.GetRequiredService<TimeProvider>()) : null,
            s.GetRequiredService<KeyUsage>(),
            s.GetRequiredService<TimeProvider>()));
        services.AddSingleton<ApiKeys>();
        services.AddSingleton<Sessions>();
        services.AddSingleton<RefusalTally>();
        services.AddSingleton<GrpcAccess>();
        services.AddSingleton<AuditLog>();
        services.AddHostedService<SecurityService>();
    }

    /// <summary>Opens it, and checks that nobody is let in from elsewhere before there is somebody to let in.</summary>
    /// <exception cref="TarnException">It is to be listened beyond loopback, and there is no key and no token to be had.</exception>
    public static async Task OpenAsync(IServiceProvider services, IReadOnlyList<ListenAddress> addresses, CancellationToken cancellation)
    {
        var callers = services.GetRequiredService<Callers>();
        await callers.OpenAsync(cancellation).ConfigureAwait(false);
        if (!services.GetRequiredService<SecurityPlan>().IsRequired)
        {
            return;
        }

        CheckBeyond(addresses, callers.HasAny);
        var notices = services.GetRequiredService<Notices>();
        if (services.GetRequiredService<HostInfo>().IsServer && !callers.HasAny)
        {
            notices.Set(EmptyNotice, NoticeLevel.Warning, "Callers have to authenticate, and there is no key yet: make one with `keys create NAME --role admin`, on this machine and this data directory.");
        }

        if (addresses.FirstOrDefault(static a => a is { IsLoopback: false, IsTls: false }) is { EndPoint: not null } plain)
        {
            notices.Set(PlainNotice, NoticeLevel.Warning, $"{plain} is listened on without TLS: keys can be read on their way. Set Security:Tls:Certificate and use https://, or put a proxy with TLS before it.");
        }
    }

    /// <summary>Refuses addresses beyond loopback where nobody could authenticate.</summary>
    public static void CheckBeyond(IReadOnlyList<ListenAddress> addresses, bool hasAny)
    {
        if (!hasAny && addresses.Any(static a => !a.IsLoopback))
        {
            throw TarnException.InvalidInput(
                "Beyond loopback there has to be at least one key, or tokens that are taken (Security:Jwt): else nobody could come in.",
                string.Join(", ", addresses.Where(static a => !a.IsLoopback)),
                "Make a key on this data directory first: tarn keys create NAME --role admin.");
        }
    }
}
