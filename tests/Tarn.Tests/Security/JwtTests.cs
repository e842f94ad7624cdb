using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Tarn.Contracts;
using Tarn.Core;
using Xunit;

namespace Tarn.Tests;

/// <summary>Tokens, signed by keys that the test makes.</summary>
public sealed class JwtTests : IDisposable
{
    private const string Issuer = "https://issuer.example.org/";
    private const string Audience = "tarn";

    private readonly TemporaryDirectory _folder = new();
    private readonly ManualTimeProvider _time = new(new DateTimeOffset(2026, 11, 22, 8, 0, 0, TimeSpan.Zero));
    private readonly RsaSecurityKey _rsa = new(RSA.Create(2048)) { KeyId = "one" };
    private readonly ECDsaSecurityKey _elliptic = new(ECDsa.Create(ECCurve.NamedCurves.nistP256)) { KeyId = "two" };

    public void Dispose()
    {
        _rsa.Rsa.Dispose();
        _elliptic.ECDsa.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_token_of_a_known_key_counts_and_has_its_role()
    {
        var verifier = Verifier();
        foreach (var token in new[] { Token(_rsa, SecurityAlgorithms.RsaSha256, "operator"), Token(_elliptic, SecurityAlgorithms.EcdsaSha256, "operator"), Token(_rsa, SecurityAlgorithms.RsaSsaPssSha512, "operator") })
        {
            var (caller, reason) = await verifier.VerifyAsync($"Bearer {token}", 7);
            Assert.Null(reason);
            Assert.Equal(("ada", AccessRole.Operator, CallerKind.Token), (caller!.Subject, caller.Role, caller.Kind));
            Assert.Same(caller, (await verifier.VerifyAsync($"bearer {token}", 7)).Caller);
        }
    }

    [Fact]
    public async Task A_token_that_was_good_ends_when_it_expires()
    {
        var verifier = Verifier();
        var token = Token(_rsa, SecurityAlgorithms.RsaSha256, "viewer");
        Assert.NotNull((await verifier.VerifyAsync(token, 0)).Caller);
        _time.Advance(TimeSpan.FromHours(1) + TimeSpan.FromSeconds(31));
        Assert.Contains("expired", (await verifier.VerifyAsync(token, 0)).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_wrong_with_a_token_is_said()
    {
        using var stranger = RSA.Create(2048);
        var now = _time.GetUtcNow().UtcDateTime;
        await RefusedAsync("another issuer", Token(_rsa, SecurityAlgorithms.RsaSha256, "admin", static d => d.Issuer = "https://else.example.org/"));
        await RefusedAsync("another audience", Token(_rsa, SecurityAlgorithms.RsaSha256, "admin", static d => d.Audience = "else"));
        await RefusedAsync("expired", Token(_rsa, SecurityAlgorithms.RsaSha256, "admin", d => (d.NotBefore, d.IssuedAt, d.Expires) = (now.AddHours(-2), now.AddHours(-2), now.AddMinutes(-1))));
        await RefusedAsync("not valid yet", Token(_rsa, SecurityAlgorithms.RsaSha256, "admin", d => d.NotBefore = now.AddMinutes(5)));
        await RefusedAsync("not signed by a key", Token(new RsaSecurityKey(stranger) { KeyId = "three" }, SecurityAlgorithms.RsaSha256, "admin"));
        await RefusedAsync("signed", Token(new RsaSecurityKey(stranger) { KeyId = "one" }, SecurityAlgorithms.RsaSha256, "admin"));
        await RefusedAsync("sub", Token(_rsa, SecurityAlgorithms.RsaSha256, "admin", static d => d.Claims.Remove("sub")));
        await RefusedAsync("neither a key", "not.a token");
        var good = Token(_rsa, SecurityAlgorithms.RsaSha256, "viewer").Split('.');
        var forged = Base64UrlEncoder.Encode(Base64UrlEncoder.Decode(good[1]).Replace("viewer", "admin", StringComparison.Ordinal));
        await RefusedAsync("signed", $"{good[0]}.{forged}.{good[2]}");
    }

    [Fact]
    public async Task No_algorithm_and_another_kind_of_algorithm_are_refused()
    {
        var good = Token(_rsa, SecurityAlgorithms.RsaSha256, "admin").Split('.');
        var none = Base64UrlEncoder.Encode("""{"alg":"none","typ":"JWT"}""");
        await RefusedAsync("", $"{none}.{good[1]}.");
        await RefusedAsync("", $"{none}.{good[1]}.{good[2]}");

        // The public key, taken for the secret of an HMAC: the old confusion of algorithms.
        var secret = new SymmetricSecurityKey(Encoding.UTF8.GetBytes(_rsa.Rsa.ExportSubjectPublicKeyInfoPem())) { KeyId = "one" };
        await RefusedAsync("", Token(secret, SecurityAlgorithms.HmacSha256, "admin"));
        await RefusedAsync("", Token(new SymmetricSecurityKey(JwkOf(_rsa, static k => JsonSerializer.SerializeToUtf8Bytes(k.N))) { KeyId = "one" }, SecurityAlgorithms.HmacSha256, "admin"));
    }

    [Fact]
    public async Task A_shared_secret_signs_too()
    {
        var secret = RandomNumberGenerator.GetBytes(48);
        await File.WriteAllBytesAsync(_folder.Combine("secret"), secret, TestContext.Current.CancellationToken);
        var options = new JwtOptions { SecretFile = _folder.Combine("secret"), Issuer = Issuer, Audience = Audience };
        var verifier = new JwtVerifier(options, JwtKeys.Open(options), _time);
        Assert.Equal(AccessRole.Admin, (await verifier.VerifyAsync(Token(new SymmetricSecurityKey(secret), SecurityAlgorithms.HmacSha256, "admin"), 0)).Caller!.Role);
        Assert.Null((await verifier.VerifyAsync(Token(new SymmetricSecurityKey(RandomNumberGenerator.GetBytes(48)), SecurityAlgorithms.HmacSha256, "admin"), 0)).Caller);
        Assert.Null((await verifier.VerifyAsync(Token(_rsa, SecurityAlgorithms.RsaSha256, "admin"), 0)).Caller);

        await File.WriteAllTextAsync(_folder.Combine("short"), "too short", TestContext.Current.CancellationToken);
        Assert.Throws<TarnException>(() => JwtKeys.Open(new JwtOptions { SecretFile = _folder.Combine("short") }));
    }

    [Theory]
    [InlineData("roles", """{"roles":["guest","writer","reader"]}""", "operator")]
    [InlineData("roles", """{"roles":"reader boss"}""", "admin")]
    [InlineData("roles", """{"roles":["guest"]}""", "none")]
    [InlineData("roles", """{"role":"boss"}""", "none")]
    [InlineData("roles", """{"roles":7}""", "none")]
    [InlineData("realm_access.roles", """{"realm_access":{"roles":["reader"]}}""", "viewer")]
    [InlineData("https://tarn/roles", """{"https://tarn/roles":["boss"]}""", "admin")]
    public async Task The_claim_and_its_values_are_what_the_options_say(string claim, string claims, string role)
    {
        var verifier = Verifier(o => (o.RoleClaim, o.AdminRoles, o.OperatorRoles, o.ViewerRoles) = (claim, ["boss"], ["writer"], ["reader"]));
        var token = Token(_rsa, SecurityAlgorithms.RsaSha256, null, d =>
        {
            foreach (var (name, value) in JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(claims)!)
            {
                d.Claims[name] = value;
            }
        });
        Assert.Equal(role, AccessNames.Of((await verifier.VerifyAsync(token, 0)).Caller!.Role));
    }

    [Fact]
    public async Task An_authoritys_keys_are_asked_for()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        await using var app = builder.Build();
        var authority = "";
        app.MapGet("/realm/.well-known/openid-configuration", () => Results.Text($$"""{"issuer":"{{authority}}","jwks_uri":"{{authority}}/keys"}""", "application/json"));
        app.MapGet("/realm/keys", () => Results.Text(Jwks(_rsa), "application/json"));
        await app.StartAsync(TestContext.Current.CancellationToken);
        authority = $"{app.Urls.First()}/realm";
        var options = new JwtOptions { Authority = new Uri(authority), Audience = Audience };
        var verifier = new JwtVerifier(options, JwtKeys.Open(options), _time);
        Assert.Equal(AccessRole.Admin, (await verifier.VerifyAsync(Token(_rsa, SecurityAlgorithms.RsaSha256, "admin", d => d.Issuer = authority), 0)).Caller!.Role);
        Assert.Contains("another issuer", (await verifier.VerifyAsync(Token(_rsa, SecurityAlgorithms.RsaSha256, "admin"), 0)).Reason, StringComparison.Ordinal);
        Assert.Null((await verifier.VerifyAsync(Token(_elliptic, SecurityAlgorithms.EcdsaSha256, "admin", d => d.Issuer = authority), 0)).Caller);
    }

    [Fact]
    public async Task An_authority_that_does_not_answer_lets_nobody_in()
    {
        var options = new JwtOptions { Authority = new Uri("http://127.0.0.1:1/realm"), Audience = Audience };
        var (caller, reason) = await new JwtVerifier(options, JwtKeys.Open(options), _time).VerifyAsync(Token(_rsa, SecurityAlgorithms.RsaSha256, "admin"), 0);
        Assert.Null(caller);
        Assert.NotNull(reason);
    }

    [Fact]
    public async Task A_server_takes_tokens_beside_keys()
    {
        await File.WriteAllTextAsync(_folder.Combine("jwks.json"), Jwks(_rsa), TestContext.Current.CancellationToken);
        await using var server = await SecuredServer.StartAsync(("Security:Jwt:KeysFile", _folder.Combine("jwks.json")), ("Security:Jwt:Issuer", Issuer), ("Security:Jwt:Audience", Audience));
        _time.JumpTo(TimeProvider.System.GetUtcNow());
        Assert.Equal((200, "ada viewer"), await WhoAsync(Token(_rsa, SecurityAlgorithms.RsaSha256, "viewer")));
        Assert.Equal(403, await server.StatusAsync(HttpMethod.Post, "/api/v1/door/anything", Token(_rsa, SecurityAlgorithms.RsaSha256, "operator")));
        Assert.Equal(200, await server.StatusAsync(HttpMethod.Post, "/api/v1/door/anything", Token(_rsa, SecurityAlgorithms.RsaSha256, "admin")));
        var (status, problem) = await server.AskAsync(HttpMethod.Get, "/api/v1/door/who", Token(_rsa, SecurityAlgorithms.RsaSha256, null));
        Assert.Equal(403, status);
        Assert.Contains("the token of ada has no role", (string?)problem!["rule"], StringComparison.Ordinal);
        Assert.Equal(401, await server.StatusAsync(HttpMethod.Get, "/api/v1/door/who", Token(_elliptic, SecurityAlgorithms.EcdsaSha256, "admin")));

        async Task<(int, string)> WhoAsync(string token)
        {
            var (code, text) = await server.AskAsync(HttpMethod.Get, "/api/v1/door/who", token);
            return (code, (string)text!);
        }
    }

    private async Task RefusedAsync(string because, string token)
    {
        var (caller, reason) = await Verifier().VerifyAsync(token, 0);
        Assert.Null(caller);
        Assert.Contains(because, reason, StringComparison.Ordinal);
    }

    private JwtVerifier Verifier(Action<JwtOptions>? change = null)
    {
        File.WriteAllText(_folder.Combine("keys.json"), Jwks(_rsa, _elliptic));
        var options = new JwtOptions { KeysFile = _folder.Combine("keys.json"), Issuer = Issuer, Audience = Audience };
        change?.Invoke(options);
        return new JwtVerifier(options, JwtKeys.Open(options), _time);
    }

    private string Token(SecurityKey key, string algorithm, string? role, Action<SecurityTokenDescriptor>? change = null)
    {
        var now = _time.GetUtcNow().UtcDateTime;
        var descriptor = new SecurityTokenDescriptor
        {
            Issuer = Issuer,
            Audience = Audience,
            NotBefore = now,
            IssuedAt = now,
            Expires = now.AddHours(1),
            Claims = new Dictionary<string, object> { ["sub"] = "ada" },
            SigningCredentials = new SigningCredentials(key, algorithm),
        };
        if (role is not null)
        {
            descriptor.Claims["roles"] = new[] { role };
        }

        change?.Invoke(descriptor);
        return new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(descriptor);
    }

    private static byte[] JwkOf(RsaSecurityKey key, Func<JsonWebKey, byte[]> take) => take(JsonWebKeyConverter.ConvertFromRSASecurityKey(key));

    private static string Jwks(params SecurityKey[] keys) => JsonSerializer.Serialize(new
    {
        keys = keys.Select(static k => k switch
        {
            RsaSecurityKey rsa => Public(JsonWebKeyConverter.ConvertFromRSASecurityKey(rsa)),
            ECDsaSecurityKey elliptic => Public(JsonWebKeyConverter.ConvertFromECDsaSecurityKey(elliptic)),
            _ => throw new NotSupportedException(),
        }),
    });

    private static Dictionary<string, string> Public(JsonWebKey key) => key.Kty == "RSA"
        ? new() { ["kty"] = "RSA", ["kid"] = key.Kid, ["use"] = "sig", ["n"] = key.N, ["e"] = key.E }
        : new() { ["kty"] = "EC", ["kid"] = key.Kid, ["use"] = "sig", ["crv"] = key.Crv, ["x"] = key.X, ["y"] = key.Y };
}
