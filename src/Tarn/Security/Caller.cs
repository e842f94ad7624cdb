using System.Security.Claims;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features.Authentication;

namespace Tarn;

/// <summary>How a caller said who they are.</summary>
internal enum CallerKind
{
    /// <summary>They were not asked: authentication is off.</summary>
    Anybody,

    /// <summary>By the key that a server gives its own machine's verbs.</summary>
    Local,

    /// <summary>By a key.</summary>
    Key,

    /// <summary>By the cookie of a session, which a key began.</summary>
    Session,

    /// <summary>By a token of another issuer.</summary>
    Token,
}

/// <summary>
/// Who asks. Made once for a key, a session or a token, and put on each of its requests as the feature behind <see cref="HttpContext.User"/>: a request makes nothing. Its claims
/// are <c>sub</c> (a key's id, a token's subject, <c>local</c>), <see cref="ClaimTypes.Role"/> and <see cref="ClaimTypes.Name"/>.
/// </summary>
internal sealed class Caller : IHttpAuthenticationFeature
{
    private readonly ClaimsPrincipal _user;

    private Caller(CallerKind kind, string subject, string name, AccessRole role, KeyEntry? key)
    {
        (Kind, Subject, Name, Role, Key) = (kind, subject, name, role, key);
        _user = new ClaimsPrincipal(new ClaimsIdentity(
            [new Claim("sub", subject), new Claim(ClaimTypes.Name, name), new Claim(ClaimTypes.Role, AccessNames.Of(role))],
            kind == CallerKind.Token ? "Bearer" : "ApiKey"));
    }

    /// <summary>Whoever reaches the port of a server without authentication: on loopback, and an admin.</summary>
    public static Caller Anybody { get; } = new(CallerKind.Anybody, "local", "local", AccessRole.Admin, null);

    public CallerKind Kind { get; }

    public string Subject { get; }

    public string Name { get; }

    public AccessRole Role { get; }

    /// <summary>The key behind a key or a session.</summary>
    public KeyEntry? Key { get; }

    /// <summary>The same for as long as the caller is: it is decided once, before all else.</summary>
    ClaimsPrincipal? IHttpAuthenticationFeature.User
    {
        get => _user;
        set => throw new InvalidOperationException("Who calls is decided once, before the request is handled.");
    }

    public static Caller OfKey(KeyEntry key, CallerKind kind) => new(kind, key.Id, key.Name, key.Role, key);

    public static Caller OfToken(string subject, AccessRole role) => new(CallerKind.Token, subject, subject, role, null);

    /// <summary>Who asks; null where nobody had to say.</summary>
    public static Caller? Of(HttpContext http) => http.Features.Get<IHttpAuthenticationFeature>() as Caller;

    public void PutOn(HttpContext http) => http.Features.Set<IHttpAuthenticationFeature>(this);
}
