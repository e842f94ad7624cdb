namespace Tarn.Core;

/// <summary>What kind of fault a <see cref="TarnException"/> reports; surfaces map it to an HTTP status and an exit code.</summary>
public enum ErrorKind
{
    /// <summary>The caller gave a value that breaks a rule (HTTP 400, exit code 2 where it came from the command line).</summary>
    InvalidInput,

    /// <summary>What was named does not exist (HTTP 404).</summary>
    NotFound,

    /// <summary>Another writer or an existing thing stands in the way (HTTP 409).</summary>
    Conflict,

    /// <summary>Understood, and refused because this version does not do it (HTTP 501).</summary>
    Unsupported,

    /// <summary>A service, disk or library that is needed cannot be used at the moment; trying later can help (HTTP 503).</summary>
    Unavailable,

    /// <summary>Stored bytes do not read as what they must be (HTTP 500).</summary>
    Corrupt,
}
