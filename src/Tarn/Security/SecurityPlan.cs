using Microsoft.Extensions.Configuration;
using Tarn.Core;

namespace Tarn;

/// <summary>The section <c>Security</c>, read and checked.</summary>
internal sealed class SecurityPlan
{
    public const string Section = "Security";
    private const string JwtKey = "Jwt";
    private const string TlsKey = "Tls";

    private SecurityPlan(SecurityOptions options, JwtOptions jwt, JwtKeys? tokenKeys, TlsOptions tls)
    {
        Options = options;
        Jwt = jwt;
        TokenKeys = tokenKeys;
        Tls = tls;
    }

    public SecurityOptions Options { get; }

    public JwtOptions Jwt { get; }

    /// <summary>The keys that tokens are signed with; null where no tokens are taken.</summary>
    public JwtKeys? TokenKeys { get; }

    public TlsOptions Tls { get; }

    public bool IsRequired => Options.Authentication == AuthenticationMode.Required;

    /// <summary>Where may be listened.</summary>
    public ListenRules Listening => new(IsRequired, Tls.Certificate is not null);

    /// <summary>Reads the section.</summary>
    public static SecurityPlan Read(IConfigurationSection section, List<OptionError> errors)
    {
        var found = errors.Count;
        var options = OptionsReader.Read<SecurityOptions>(section, errors, JwtKey, TlsKey);
        var jwt = OptionsReader.Read<JwtOptions>(section.GetSection(JwtKey), errors);
        var tls = OptionsReader.Read<TlsOptions>(section.GetSection(TlsKey), errors);
        foreach (var host in options.Hosts.Where(static h => !HostNames.IsPattern(h)))
        {
            errors.Add(new OptionError($"{section.Path}:Hosts", host, "Each is a name without scheme and port, as in tarn.example.org or *.example.org."));
        }

        if (tls is { Certificate: null, Key: not null } or { Certificate: null, Password: not null })
        {
            errors.Add(new OptionError($"{section.Path}:{TlsKey}:Certificate", null, "It has to be set where Key or Password is."));
        }

        JwtKeys? tokens = null;
        if (section.GetSection(JwtKey).GetChildren().Any())
        {
            Check(jwt, $"{section.Path}:{JwtKey}", errors);
            if (options.Authentication == AuthenticationMode.None)
            {
                errors.Add(new OptionError($"{section.Path}:Authentication", section["Authentication"], "It is required where Jwt says which tokens are taken: else nobody is asked for one."));
            }

            if (errors.Count == found)
            {
                tokens = Open(jwt, $"{section.Path}:{JwtKey}", errors);
            }
        }

        return new SecurityPlan(options, jwt, tokens, tls);
    }

    private static void Check(JwtOptions jwt, string path, List<OptionError> errors)
    {
        if (((jwt.Authority is null ? 0 : 1) + (jwt.KeysFile is null ? 0 : 1) + (jwt.SecretFile is null ? 0 : 1)) != 1)
        {
            errors.Add(new OptionError(path, null, "The issuer's keys come from one place: Authority, KeysFile or SecretFile."));
        }

        if (jwt.Authority is { } authority && authority.Scheme != Uri.UriSchemeHttps && !(authority.Scheme == Uri.UriSchemeHttp && authority.IsLoopback))
        {
            errors.Add(new OptionError($"{path}:Authority", authority.OriginalString, "It is an https URL: who can change what it answers can make tokens."));
        }

        if (jwt.Audience is not { Length: > 0 })
        {
            errors.Add(new OptionError($"{path}:Audience", null, "It has to be set: else tokens that were issued for other services would count here."));
        }

        if (jwt.Issuer is not { Length: > 0 } && jwt.Authority is null)
        {
            errors.Add(new OptionError($"{path}:Issuer", null, "It has to be set where no Authority names it."));
        }
    }

    private static JwtKeys? Open(JwtOptions jwt, string path, List<OptionError> errors)
    {
        try
        {
            return JwtKeys.Open(jwt);
        }
        catch (TarnException exception)
        {
            errors.Add(new OptionError($"{path}:{(jwt.KeysFile is not null ? "KeysFile" : "SecretFile")}", jwt.KeysFile ?? jwt.SecretFile, exception.Rule));
            return null;
        }
    }
}
