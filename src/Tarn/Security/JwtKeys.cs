using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;
using Tarn.Core;

namespace Tarn;

/// <summary>The keys that tokens are signed with, and the algorithms that go with them: a public key never counts as the secret of another algorithm.</summary>
internal sealed class JwtKeys
{
    private const int LeastSecret = 32;
    private const int MostFile = 1 << 20;

    private static readonly string[] Asymmetric =
    [
        SecurityAlgorithms.RsaSha256, SecurityAlgorithms.RsaSha384, SecurityAlgorithms.RsaSha512,
        SecurityAlgorithms.RsaSsaPssSha256, SecurityAlgorithms.RsaSsaPssSha384, SecurityAlgorithms.RsaSsaPssSha512,
        SecurityAlgorithms.EcdsaSha256, SecurityAlgorithms.EcdsaSha384, SecurityAlgorithms.EcdsaSha512,
    ];

    private static readonly string[] Symmetric = [SecurityAlgorithms.HmacSha256, SecurityAlgorithms.HmacSha384, SecurityAlgorithms.HmacSha512];

    private JwtKeys(Uri? authority, IReadOnlyList<SecurityKey> keys, string[] algorithms)
    {
        Authority = authority;
        Keys = keys;
        Algorithms = algorithms;
    }

    /// <summary>Who is asked for the keys; null where they are known.</summary>
    public Uri? Authority { get; }

    public IReadOnlyList<SecurityKey> Keys { get; }

    public string[] Algorithms { get; }

    /// <summary>Reads the file that the options name. An authority is not asked before the first token.</summary>
    /// <exception cref="TarnException">The file cannot be read, or holds no such keys.</exception>
    public static JwtKeys Open(JwtOptions options)
    {
        if (options.Authority is { } authority)
        {
            return new JwtKeys(authority, [], Asymmetric);
        }

        if (options.SecretFile is { } file)
        {
            var secret = Read(file);
            return secret.Length >= LeastSecret
                ? new JwtKeys(null, [new SymmetricSecurityKey(secret)], Symmetric)
                : throw TarnException.InvalidInput($"The file has at least {LeastSecret} bytes: who guesses the secret can make tokens.", file);
        }

        var text = System.Text.Encoding.UTF8.GetString(Read(options.KeysFile!));
        try
        {
            var keys = new JsonWebKeySet(text).GetSigningKeys().Where(static k => k is AsymmetricSecurityKey or JsonWebKey { Kty: "RSA" or "EC" } or X509SecurityKey).ToList();
            return keys.Count > 0 ? new JwtKeys(null, keys, Asymmetric) : throw TarnException.InvalidInput("The file has at least one public key for signatures (RSA or EC).", options.KeysFile);
        }
        catch (Exception exception) when (exception is ArgumentException or System.Text.Json.JsonException)
        {
            throw TarnException.InvalidInput($"The file is a JSON Web Key Set, and this one does not read: {exception.Message}", options.KeysFile);
        }
    }

    /// <summary>What finds and keeps an authority's keys, and asks again where a token names one that is not among them.</summary>
    public ConfigurationManager<OpenIdConnectConfiguration>? Find()
    {
        if (Authority is null)
        {
            return null;
        }

        var http = new HttpClient(new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(5), PooledConnectionLifetime = TimeSpan.FromMinutes(10) })
        {
            Timeout = TimeSpan.FromSeconds(10),
            MaxResponseContentBufferSize = MostFile,
        };
        return new ConfigurationManager<OpenIdConnectConfiguration>(
            $"{Authority.AbsoluteUri.TrimEnd('/')}/.well-known/openid-configuration",
            new OpenIdConnectConfigurationRetriever(),
            new HttpDocumentRetriever(http) { RequireHttps = Authority.Scheme == Uri.UriSchemeHttps });
    }

    private static byte[] Read(string file)
    {
        try
        {
            return new FileInfo(file).Length <= MostFile ? File.ReadAllBytes(file) : throw TarnException.InvalidInput("A file of keys has at most 1 MiB.", file);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw TarnException.InvalidInput($"The file has to be readable: {exception.Message}", file);
        }
    }
}
