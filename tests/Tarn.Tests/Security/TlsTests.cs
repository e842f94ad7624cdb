using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging.Abstractions;
using Tarn.Contracts;
using Tarn.Core;
using Xunit;

namespace Tarn.Tests;

/// <summary>TLS with certificates that the test makes.</summary>
public sealed class TlsTests : IDisposable
{
    private readonly TemporaryDirectory _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_server_answers_by_https_and_verbs_of_this_machine_know_its_certificate()
    {
        var fingerprint = WritePem("one");
        await using var server = await SecuredServer.StartAsync(
            (TarnOptions.UrlsKey, "https://127.0.0.1:0"), ("Security:Tls:Certificate", _folder.Combine("cert.pem")), ("Security:Tls:Key", _folder.Combine("key.pem")), ("Security:Hosts", "tarn.example.org"));
        Assert.Equal("https", server.Host.Url.Scheme);
        Assert.Equal(new ServerKey(server.Host.LocalKey, fingerprint), ServerKey.Read(server.DataDirectory));

        using var http = Client(server.Host.Url, fingerprint);
        using var named = new HttpRequestMessage(HttpMethod.Get, "/health/live") { Headers = { Host = "tarn.example.org" } };
        using var answer = await http.SendAsync(named, TestContext.Current.CancellationToken);
        Assert.Equal((HttpStatusCode.OK, "max-age=31536000"), (answer.StatusCode, answer.Headers.GetValues("Strict-Transport-Security").Single()));
        using var local = await http.GetAsync(new Uri("/health/live", UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.False(local.Headers.Contains("Strict-Transport-Security"));

        using var cookie = new HttpRequestMessage(HttpMethod.Post, "/api/v1/session") { Content = System.Net.Http.Json.JsonContent.Create(new { key = await KeyAsync(http, server) }) };
        using var session = await http.SendAsync(cookie, TestContext.Current.CancellationToken);
        Assert.Contains("secure", session.Headers.GetValues("Set-Cookie").Single(), StringComparison.OrdinalIgnoreCase);

        using var wary = new HttpClient { BaseAddress = server.Host.Url };
        await Assert.ThrowsAsync<HttpRequestException>(() => wary.GetAsync(new Uri("/health/live", UriKind.Relative), TestContext.Current.CancellationToken));

        var run = new TestRun { DataDirectory = server.DataDirectory };
        Assert.True(await run.RunAsync("keys", "list", "--json") == 0, run.Errors);
        Assert.Contains("browser", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_certificate_that_changes_is_read_anew_and_one_that_does_not_read_leaves_the_old()
    {
        var first = WritePem("one");
        var time = new ManualTimeProvider();
        var certificate = Open(time, new TlsOptions { Certificate = _folder.Combine("cert.pem"), Key = _folder.Combine("key.pem") });
        var changes = 0;
        certificate.Changed += () => changes++;
        Assert.Equal(first, Fingerprint(certificate.Get()));

        File.WriteAllText(_folder.Combine("cert.pem"), "half written");
        time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(first, Fingerprint(certificate.Get()));

        var second = WritePem("two");
        Assert.Equal(first, Fingerprint(certificate.Get()));
        time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(second, Fingerprint(certificate.Get()));
        Assert.Equal((second, 1), (certificate.Fingerprint, changes));
    }

    [Fact]
    public void A_link_to_another_certificate_is_a_change()
    {
        Directory.CreateDirectory(_folder.Combine("a"));
        Directory.CreateDirectory(_folder.Combine("b"));
        var first = WritePem("one", "a");
        var second = WritePem("two", "b");
        File.SetLastWriteTimeUtc(_folder.Combine("b", "cert.pem"), File.GetLastWriteTimeUtc(_folder.Combine("a", "cert.pem")).AddSeconds(1));
        File.CreateSymbolicLink(_folder.Combine("cert.pem"), _folder.Combine("a", "cert.pem"));
        File.CreateSymbolicLink(_folder.Combine("key.pem"), _folder.Combine("a", "key.pem"));
        var time = new ManualTimeProvider();
        var certificate = Open(time, new TlsOptions { Certificate = _folder.Combine("cert.pem"), Key = _folder.Combine("key.pem") });
        Assert.Equal(first, certificate.Fingerprint);
        foreach (var name in new[] { "cert.pem", "key.pem" })
        {
            File.Delete(_folder.Combine(name));
            File.CreateSymbolicLink(_folder.Combine(name), _folder.Combine("b", name));
        }

        time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(second, Fingerprint(certificate.Get()));
    }

    [Fact]
    public void Pfx_and_encrypted_PEM_need_their_password()
    {
        using var made = Make("one");
        File.WriteAllBytes(_folder.Combine("cert.pfx"), made.Export(X509ContentType.Pfx, "secret"));
        var expected = made.GetCertHashString(HashAlgorithmName.SHA256);
        Assert.Equal(expected, Open(TimeProvider.System, new TlsOptions { Certificate = _folder.Combine("cert.pfx"), Password = "secret" }).Fingerprint);
        var error = Assert.Throws<TarnException>(() => Open(TimeProvider.System, new TlsOptions { Certificate = _folder.Combine("cert.pfx"), Password = "wrong" }));
        Assert.Contains("Security:Tls:Key", error.Rule, StringComparison.Ordinal);

        using var key = made.GetECDsaPrivateKey()!;
        File.WriteAllText(_folder.Combine("all.pem"), made.ExportCertificatePem() + "\n" + key.ExportEncryptedPkcs8PrivateKeyPem("secret", new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1000)));
        Assert.Equal(expected, Open(TimeProvider.System, new TlsOptions { Certificate = _folder.Combine("all.pem"), Password = "secret" }).Fingerprint);
        Assert.Throws<TarnException>(() => Open(TimeProvider.System, new TlsOptions { Certificate = _folder.Combine("none.pem") }));
    }

    private static async Task<string> KeyAsync(HttpClient http, SecuredServer server)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/keys")
        {
            Content = System.Net.Http.Json.JsonContent.Create(new { name = "browser", role = "viewer" }),
            Headers = { Authorization = new("Bearer", server.Host.LocalKey) },
        };
        using var answer = await http.SendAsync(request, TestContext.Current.CancellationToken);
        return (string)System.Text.Json.Nodes.JsonNode.Parse(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!["key"]!;
    }

    private static TlsCertificate Open(TimeProvider time, TlsOptions options) => TlsCertificate.Open(options, time, NullLogger.Instance);

    private static string Fingerprint(SslStreamCertificateContext context) => context.TargetCertificate.GetCertHashString(HashAlgorithmName.SHA256);

    private static HttpClient Client(Uri server, string fingerprint) => new(new SocketsHttpHandler
    {
        UseCookies = false,
        SslOptions = { RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate!.GetCertHashString(HashAlgorithmName.SHA256) == fingerprint },
    })
    { BaseAddress = server };

    private string WritePem(string name, string folder = "")
    {
        using var certificate = Make(name);
        using var key = certificate.GetECDsaPrivateKey()!;
        File.WriteAllText(_folder.Combine(folder, "key.pem"), key.ExportPkcs8PrivateKeyPem());
        File.WriteAllText(_folder.Combine(folder, "cert.pem"), certificate.ExportCertificatePem() + new string('\n', name.Length));
        return certificate.GetCertHashString(HashAlgorithmName.SHA256);
    }

    private static X509Certificate2 Make(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}.example.org", key, HashAlgorithmName.SHA256);
        return request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(200));
    }
}
