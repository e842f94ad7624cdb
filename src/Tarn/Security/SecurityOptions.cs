using System.ComponentModel.DataAnnotations;

namespace Tarn;

/// <summary>Whether callers must say who they are.</summary>
internal enum AuthenticationMode
{
    /// <summary>They need not: whoever reaches the port may do everything, and so it is on loopback alone.</summary>
    None,

    /// <summary>They must, by a key, a token or a session.</summary>
    Required,
}

/// <summary>The section <c>Security</c>.</summary>
internal sealed class SecurityOptions
{
    /// <summary>Whether callers must say who they are. Default none.</summary>
    public AuthenticationMode Authentication { get; set; }

    /// <summary>Names by which the server is called, beside those of loopback and addresses; <c>*.example.org</c> stands for all names below one. Default none.</summary>
    public string[] Hosts { get; set; } = [];

    /// <summary>The most bytes of a request's body. Default 64 MiB; 1 KiB to 4 GiB.</summary>
    [Range(1024.0, 4294967296.0)]
    public long MaxBodyBytes { get; set; } = 64 << 20;

    /// <summary>The most bytes of a prediction's input or of feedback. Default 128 MiB; 1 KiB to 4 GiB.</summary>
    [Range(1024.0, 4294967296.0)]
    public long MaxPredictionBytes { get; set; } = 128 << 20;

    /// <summary>The most bytes of a file that is uploaded (an artifact, a backbone). Default 64 GiB; 1 KiB to 1 TiB.</summary>
    [Range(1024.0, 1099511627776.0)]
    public long MaxUploadBytes { get; set; } = 64L << 30;

    /// <summary>How long a session of the console lasts. Default 12 hours; 1 minute to 30 days.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "30.00:00:00")]
    public TimeSpan SessionLifetime { get; set; } = TimeSpan.FromHours(12);

    /// <summary>How long a key's old secret goes on after it was rotated, where nothing else is asked for. Default 1 day; 0 to 90 days.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "90.00:00:00")]
    public TimeSpan RotationGrace { get; set; } = TimeSpan.FromDays(1);

    /// <summary>How long the audit log is kept. Default 400 days; 1 day to 10 years.</summary>
    [Range(typeof(TimeSpan), "1.00:00:00", "3650.00:00:00")]
    public TimeSpan AuditRetention { get; set; } = TimeSpan.FromDays(400);
}

/// <summary>The section <c>Security:Jwt</c>: tokens that somebody else issues.</summary>
internal sealed class JwtOptions
{
    /// <summary>The issuer, whose keys are found through its <c>/.well-known/openid-configuration</c>; https, or http on loopback.</summary>
    public Uri? Authority { get; set; }

    /// <summary>A file with the issuer's public keys, a JSON Web Key Set.</summary>
    public string? KeysFile { get; set; }

    /// <summary>A file with the secret that the issuer signs with (HS256, HS384, HS512): at least 32 bytes, as they are.</summary>
    public string? SecretFile { get; set; }

    /// <summary>What the claim <c>iss</c> has to be; with an authority, the issuer that it names.</summary>
    public string? Issuer { get; set; }

    /// <summary>What the claim <c>aud</c> has to be, or to hold.</summary>
    public string? Audience { get; set; }

    /// <summary>The claim that has the roles: a text, texts separated by spaces, or a list; <c>a.b</c> is the member b of the claim a. Default <c>roles</c>.</summary>
    [Required]
    public string RoleClaim { get; set; } = "roles";

    /// <summary>The values that make an admin. Default <c>admin</c>.</summary>
    public string[] AdminRoles { get; set; } = ["admin"];

    /// <summary>The values that make an operator. Default <c>operator</c>.</summary>
    public string[] OperatorRoles { get; set; } = ["operator"];

    /// <summary>The values that make a viewer. Default <c>viewer</c>.</summary>
    public string[] ViewerRoles { get; set; } = ["viewer"];

    /// <summary>How far the clocks may be apart. Default 30 seconds; 0 to 10 minutes.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00")]
    public TimeSpan ClockSkew { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Whether tokens are taken.</summary>
    public bool IsConfigured => Authority is not null || KeysFile is not null || SecretFile is not null;
}

/// <summary>The section <c>Security:Tls</c>.</summary>
internal sealed class TlsOptions
{
    /// <summary>The certificate's file: PEM, with those between it and the root after it, or PKCS #12 (.pfx, .p12).</summary>
    public string? Certificate { get; set; }

    /// <summary>The private key's file, PEM; where there is none, the certificate's file has it.</summary>
    public string? Key { get; set; }

    /// <summary>The password of the key, or of the PKCS #12 file.</summary>
    public string? Password { get; set; }
}
