using Microsoft.Extensions.Configuration;
using Tarn.Contracts;
using Xunit;

namespace Tarn.Tests;

public sealed class SecurityPlanTests : IDisposable
{
    private readonly TemporaryDirectory _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Without_a_word_nobody_is_asked_and_nothing_is_listened_on_beyond_loopback()
    {
        var plan = Read([], out var errors);
        Assert.Empty(errors);
        Assert.False(plan.IsRequired);
        Assert.Equal(new ListenRules(BeyondLoopback: false, Tls: false), plan.Listening);
        Assert.Equal((TimeSpan.FromHours(12), TimeSpan.FromDays(1), 64L << 20), (plan.Options.SessionLifetime, plan.Options.RotationGrace, plan.Options.MaxBodyBytes));
    }

    [Fact]
    public void All_that_is_wrong_is_told_at_once()
    {
        Read(
            new()
            {
                ["Authentication"] = "perhaps",
                ["Hosts"] = "https://x, ok.example.org",
                ["MaxBodyBytes"] = "1",
                ["SessionLifetime"] = "1s",
                ["Speed"] = "x",
                ["Tls:Key"] = "key.pem",
                ["Tls:Cert"] = "x",
                ["Jwt:Authority"] = "http://issuer.example.org",
                ["Jwt:KeysFile"] = "keys.json",
                ["Jwt:ClockSkew"] = "1h",
            },
            out var errors);
        Assert.Equal(
            [
                "Security:Authentication", "Security:Authentication", "Security:Hosts", "Security:Jwt", "Security:Jwt:Audience", "Security:Jwt:Authority", "Security:Jwt:ClockSkew", "Security:MaxBodyBytes",
                "Security:SessionLifetime", "Security:Speed", "Security:Tls:Cert", "Security:Tls:Certificate",
            ],
            errors.Select(static e => e.Key).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Tokens_that_nobody_is_asked_for_are_an_error()
    {
        var file = _folder.Combine("secret");
        File.WriteAllText(file, new string('s', 32));
        var values = new Dictionary<string, string?> { ["Jwt:SecretFile"] = file, ["Jwt:Issuer"] = "i", ["Jwt:Audience"] = "a" };
        Read(values, out var errors);
        Assert.Equal("Security:Authentication", Assert.Single(errors).Key);
        values["Authentication"] = "Required";
        Assert.NotNull(Read(values, out errors).TokenKeys);
        Assert.Empty(errors);
        values["Jwt:SecretFile"] = _folder.Combine("none");
        Read(values, out errors);
        Assert.Equal("Security:Jwt:SecretFile", Assert.Single(errors).Key);
    }

    private static SecurityPlan Read(Dictionary<string, string?> values, out List<OptionError> errors)
    {
        errors = [];
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(values.Select(static v => KeyValuePair.Create($"Security:{v.Key}", v.Value))).Build();
        return SecurityPlan.Read(configuration.GetSection(SecurityPlan.Section), errors);
    }
}
