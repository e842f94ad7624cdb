using Microsoft.Extensions.Configuration;
using Tarn.Serving;
using Xunit;

namespace Tarn.Tests;

/// <summary>Remote clusters as the configuration has them.</summary>
public sealed class RemoteSettingsTests
{
    [Fact]
    public void Clusters_are_read_by_their_names()
    {
        var (plan, errors) = Read(("gpu:Urls", "http://a:8080, http://b:8080"), ("gpu:ApiKey", "k"), ("gpu:Timeout", "2s"), ("Old-One:Urls", "https://c"), ("Old-One:Kind", "openinference"));

        Assert.Empty(errors);
        Assert.Equal(["gpu", "old-one"], plan.Remotes.Keys.Order(StringComparer.Ordinal));
        var gpu = plan.Remotes["gpu"];
        Assert.Equal(["http://a:8080", "http://b:8080"], gpu.Urls);
        Assert.Equal(("k", null, TimeSpan.FromSeconds(2), RemoteKind.Tarn), (gpu.ApiKey, gpu.Model, gpu.Timeout, gpu.Kind));
        Assert.Equal(new RemoteOptions { Urls = plan.Remotes["old-one"].Urls, Kind = RemoteKind.OpenInference }, plan.Remotes["old-one"]);
    }

    [Fact]
    public void What_is_wrong_is_told_with_its_key()
    {
        var (_, errors) = Read(("gpu:Url", "http://a"), ("b_c:Urls", "http://a"), ("none:Model", "m"));

        Assert.Contains(errors, static e => e.Key == "Serving:Remotes:gpu:Url");
        Assert.Contains(errors, static e => e.Key == "Serving:Remotes:b_c");
        Assert.Contains(errors, static e => e.Key == "Serving:Remotes:none" && e.Rule.Contains("Urls = 0", StringComparison.Ordinal));
    }

    private static (ServingPlan Plan, List<OptionError> Errors) Read(params (string Key, string Value)[] values)
    {
        var errors = new List<OptionError>();
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(values.Select(static v => KeyValuePair.Create<string, string?>($"Serving:Remotes:{v.Key}", v.Value))).Build();
        return (ServingPlan.Read(configuration.GetSection("Serving"), errors), errors);
    }
}
